"""Names of scores in the features of an extractor."""

from genlab.evaluation.scores import kid_of
from genlab.metrics.names import in_features_of


def test_only_the_fid_inception_network_gives_scores_without_a_suffix():
    assert in_features_of("inception", "fid") == "fid" and kid_of("inception") == "kid"
    assert in_features_of("efflite0", "fid") == "fid_efflite0" and kid_of("onnx_0123abcd") == "kid_onnx_0123abcd"
