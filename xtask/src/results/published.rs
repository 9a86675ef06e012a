//! The published figures that ours are compared with (NITRO-D, arXiv 2407.11698, its tables and
//! the logs published with its code).

/// Figures of one published experiment.
pub(super) struct Published {
    name: &'static str,
    /// Best test accuracy, mean of ten seeds, in per cent.
    pub(super) best_mean: f64,
    /// One standard deviation of it.
    pub(super) best_deviation: f64,
    /// Epoch, train and test accuracy of its seed 42.
    pub(super) curve: &'static [(usize, f64, f64)],
}

/// The experiment that runs of this name repeat.
pub(super) fn of(name: &str) -> Option<&'static Published> {
    TABLE.iter().find(|published| published.name == name)
}

const TABLE: [Published; 8] = [
    Published {
        name: "mlp1-mnist",
        best_mean: 97.36,
        best_deviation: 0.11,
        curve: &[
            (1, 50.9, 87.0),
            (2, 90.2, 92.0),
            (3, 92.2, 93.0),
            (5, 94.0, 94.4),
            (10, 96.0, 95.5),
            (20, 97.2, 96.8),
            (50, 98.0, 97.3),
        ],
    },
    Published {
        name: "mlp2-fmnist",
        best_mean: 88.66,
        best_deviation: 0.23,
        curve: &[
            (1, 35.2, 75.8),
            (2, 77.9, 80.2),
            (5, 85.5, 84.0),
            (10, 87.5, 86.0),
            (20, 89.1, 87.0),
            (50, 91.6, 88.3),
        ],
    },
    Published {
        name: "mlp3-mnist",
        best_mean: 98.28,
        best_deviation: 0.04,
        curve: &[
            (1, 10.3, 20.1),
            (2, 59.5, 88.6),
            (3, 83.7, 91.9),
            (5, 89.1, 94.2),
            (10, 93.9, 96.6),
            (20, 96.3, 97.7),
            (50, 97.5, 98.3),
        ],
    },
    Published {
        name: "mlp3-fmnist",
        best_mean: 89.13,
        best_deviation: 0.21,
        curve: &[
            (1, 14.9, 37.8),
            (2, 61.7, 75.0),
            (5, 78.2, 81.7),
            (10, 82.2, 85.0),
            (20, 85.4, 86.3),
            (50, 88.3, 88.5),
        ],
    },
    Published {
        name: "mlp4-cifar10",
        best_mean: 61.03,
        best_deviation: 0.30,
        curve: &[
            (1, 10.0, 10.0),
            (2, 10.5, 16.2),
            (3, 17.9, 18.0),
            (5, 29.6, 37.4),
            (10, 42.5, 45.9),
            (20, 49.8, 52.5),
            (50, 56.8, 55.8),
            (100, 64.8, 61.3),
        ],
    },
    Published {
        name: "vgg8b-mnist",
        best_mean: 99.45,
        best_deviation: 0.03,
        curve: &[
            (1, 10.4, 11.3),
            (2, 48.2, 93.4),
            (3, 93.9, 96.8),
            (5, 97.5, 98.3),
            (10, 98.7, 99.0),
            (20, 99.2, 99.3),
        ],
    },
    Published {
        name: "vgg8b-fmnist",
        best_mean: 93.66,
        best_deviation: 0.20,
        curve: &[
            (1, 15.1, 40.1),
            (2, 63.3, 74.4),
            (5, 81.4, 83.5),
            (10, 87.0, 87.9),
            (20, 90.3, 90.4),
            (50, 93.7, 93.0),
        ],
    },
    Published {
        name: "vgg8b-cifar10",
        best_mean: 87.96,
        best_deviation: 0.20,
        curve: &[
            (1, 9.9, 10.0),
            (2, 19.4, 29.7),
            (3, 34.8, 44.8),
            (5, 52.0, 55.8),
            (10, 67.2, 70.6),
            (20, 76.1, 76.9),
            (50, 84.0, 82.3),
            (100, 92.6, 87.6),
        ],
    },
];
