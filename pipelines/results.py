"""Write the pages of results in docs/results: `python -m pipelines.results`."""

import sys

from genlab.reports.artifacts import Project
from genlab.reports.pages import write_pages
from pipelines.configuration import claims, project, recipes

if __name__ == "__main__":
    sys.exit(write_pages(Project(project(), recipes(), claims())))
