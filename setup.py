"""Puts the recipes' descriptions, conf/base/parameters/recipes, into the wheel as genlab/descriptions; the rest is in pyproject.toml."""

from setuptools import find_packages, setup

DESCRIPTIONS = "genlab.descriptions"

setup(
    packages=[*find_packages(include=["genlab*", "pipelines*"]), DESCRIPTIONS],
    package_dir={DESCRIPTIONS: "conf/base/parameters/recipes"},
    package_data={
        DESCRIPTIONS: ["*.yml"],
        "genlab": ["py.typed"],
        "genlab.fetching.licences": ["*.txt"],
        "genlab.reports.comparison": ["*.css", "*.js"],
        "pipelines": ["py.typed"],
    },
)
