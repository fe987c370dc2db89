"""Published tables of mode collapse, to stand next to measured ones."""

from genlab.theory.claim import Table

COLUMNS = ("method", "source", "modes caught", "high quality", "KL")
VEEGAN = "Srivastava et al. 2017, table 1"
PACGAN = "Lin et al. 2018, table 1"
VEEGAN_DIGITS = "Srivastava et al. 2017, table 2"
PACGAN_DIGITS = "Lin et al. 2018, stacked MNIST"

NOTE = (
    "Srivastava et al. 2017 is arXiv:1705.07761 (VEEGAN), Lin et al. 2018 is arXiv:1712.04086 (PacGAN). They train for tens of thousands "
    "of steps, with other networks and learning rates, so that their high-quality shares are not comparable with ours. Their KL is that "
    "of the samples' modes from the uniform distribution, and the quoted spreads are standard errors."
)

RING = Table(
    "Published, on the same ring",
    COLUMNS,
    (
        ("GAN", VEEGAN, "1", "99.3 %", "-"),
        ("ALI", VEEGAN, "2.8", "0.13 %", "-"),
        ("unrolled GAN", VEEGAN, "7.6", "35.6 %", "-"),
        ("VEEGAN", VEEGAN, "8", "52.9 %", "-"),
        ("GAN", PACGAN, "6.3 ± 0.5", "98.2 ± 0.2 %", "0.45 ± 0.09"),
        ("packing (2)", PACGAN, "7.9 ± 0.1", "95.6 ± 2.0 %", "0.07 ± 0.03"),
    ),
    NOTE,
)
GRID = Table(
    "Published, on the same grid",
    COLUMNS,
    (
        ("GAN", VEEGAN, "3.3", "0.5 %", "-"),
        ("ALI", VEEGAN, "15.8", "1.6 %", "-"),
        ("unrolled GAN", VEEGAN, "23.6", "16 %", "-"),
        ("VEEGAN", VEEGAN, "24.6", "40 %", "-"),
        ("GAN", PACGAN, "17.3 ± 0.8", "94.8 ± 0.7 %", "0.70 ± 0.07"),
        ("packing (2)", PACGAN, "23.8 ± 0.7", "91.3 ± 0.8 %", "0.14 ± 0.04"),
    ),
    NOTE,
)
DIGITS = Table(
    "Published, on three stacked digits of MNIST",
    COLUMNS,
    (
        ("DCGAN", VEEGAN_DIGITS, "99.0", "-", "3.40"),
        ("ALI", VEEGAN_DIGITS, "16.0", "-", "5.40"),
        ("unrolled GAN", VEEGAN_DIGITS, "48.7", "-", "4.32"),
        ("VEEGAN", VEEGAN_DIGITS, "150.0", "-", "2.95"),
        ("DCGAN", PACGAN_DIGITS, "78.9 ± 6.5", "-", "4.50 ± 0.13"),
        ("packing (2)", PACGAN_DIGITS, "1,000.0 ± 0.0", "-", "0.06 ± 0.01"),
    ),
    NOTE + " They use convolutional networks and digits of 28 px; ours are fully connected, on scikit-learn's digits of 8 px.",
)
PUBLISHED = {"ring": RING, "grid": GRID, "digits": DIGITS}
