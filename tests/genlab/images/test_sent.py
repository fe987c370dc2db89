"""Image sets that are sent to other processes."""

import pickle

import numpy as np
from stand_ins import image_set

from genlab.images.prepared_set import PreparedSet
from genlab.images.sent import Sent


def test_images_on_disk_are_sent_as_the_name_of_their_file_and_others_as_they_are(tmp_path):
    images = image_set(training=2000)
    images.save(tmp_path)
    stored, whole = (pickle.dumps(Sent.of(each)) for each in (PreparedSet.load(tmp_path), images))
    assert len(whole) - len(stored) > 0.9 * images.images.nbytes
    for message in (stored, whole):
        received = pickle.loads(message).image_set()
        assert np.array_equal(received.images, images.images) and received.manifest.equals(images.manifest)
        assert (received.name, received.kind, received.classes) == (images.name, images.kind, images.classes)
