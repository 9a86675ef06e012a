//! The published experiments: networks, data and hyper-parameters, with their accuracies
//! (ReBoot, arXiv 2506.19693, its tables 3 to 5 and the settings beside its code).

use nearfield::Profile;

/// A published experiment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Experiment {
    pub(super) name: &'static str,
    pub(super) hidden: &'static [usize],
    data: Data,
    /// Whether classes were made equally large before the split.
    oversampled: bool,
    pub(super) rate: f64,
    pub(super) decay: f64,
    pub(super) batch: usize,
    /// Published accuracy in per cent, and two standard deviations where published.
    pub(super) paper: f64,
    pub(super) spread: Option<f64>,
}

const EMLP1: &[usize] = &[32];
const EMLP2: &[usize] = &[64, 32];
const EMLP3: &[usize] = &[128, 64, 32];

/// What a run file says of the data. Paths are from the folder of data sets.
#[derive(Debug, Clone, Copy)]
struct Data {
    /// `[data]`
    source: &'static str,
    /// What `[preprocessing]` says of images.
    images: &'static str,
}

const fn table(source: &'static str) -> Data {
    Data { source, images: "" }
}

const fn images(source: &'static str, images: &'static str) -> Data {
    Data { source, images }
}

const MNIST: Data = images(
    "source = \"idx\"\nfolder = \"mnist\"\nlimit = 10000",
    "image_size = 14\n",
);
const FASHION: Data = images(
    "source = \"idx\"\nfolder = \"fashion-mnist\"\nlimit = 10000",
    "image_size = 14\n",
);
const BINARY: Data = images(
    "source = \"idx\"\nfolder = \"mnist\"\nclasses = [3, 8]",
    "image_size = 14\n",
);
const WHOLE_MNIST: Data = images("source = \"idx\"\nfolder = \"mnist\"", "");
const WHOLE_FASHION: Data = images("source = \"idx\"\nfolder = \"fashion-mnist\"", "");
const C_MNIST: Data = images("source = \"idx\"\nfolder = \"mnist\"", "image_size = 8\n");
const T_MNIST: Data = images(
    "source = \"idx\"\nfolder = \"mnist\"\nclasses = [0, 1, 2]\nlimit = 50",
    "crop = { first = 6, side = 16 }\nmax_pool = 4\n",
);
const LETTER: Data =
    table("source = \"csv\"\nfile = \"tabular/letter-recognition.data\"\nlabel = \"first\"");
const BREAST: Data = table("source = \"breast_cancer\"");
const HEART: Data = table(
    "source = \"csv\"\nfile = \"tabular/processed.cleveland.data\"\n\
                     missing = \"drop\"",
);
const HEART_BINARY: Data = table(
    "source = \"csv\"\nfile = \"tabular/processed.cleveland.data\"\n\
                            missing = \"drop\"\nclasses = [0, [1, 2, 3, 4]]",
);
const IRIS: Data = table("source = \"iris\"");
const PENGUINS: Data = table(
    "source = \"csv\"\nfile = \"tabular/penguins.csv\"\nlabel = \"species\"\nmissing = \"drop\"\n\
     features = [\"bill_length_mm\", \"bill_depth_mm\", \"flipper_length_mm\", \"body_mass_g\"]",
);

/// Rate, decay and batch; published accuracy and its spread.
type Numbers = (f64, f64, usize, f64, Option<f64>);

const fn experiment(
    name: &'static str,
    hidden: &'static [usize],
    data: Data,
    (rate, decay, batch, paper, spread): Numbers,
) -> Experiment {
    Experiment {
        name,
        hidden,
        data,
        oversampled: false,
        rate,
        decay,
        batch,
        paper,
        spread,
    }
}

const fn oversampled(experiment: Experiment) -> Experiment {
    Experiment {
        oversampled: true,
        ..experiment
    }
}

pub(super) static EXPERIMENTS: [Experiment; 29] = [
    experiment(
        "mnist-emlp1",
        EMLP1,
        MNIST,
        (0.001, 0.001, 48, 94.61, Some(0.27)),
    ),
    experiment(
        "mnist-emlp2",
        EMLP2,
        MNIST,
        (0.001, 0.005, 48, 96.39, Some(0.16)),
    ),
    experiment(
        "mnist-emlp3",
        EMLP3,
        MNIST,
        (0.0005, 0.001, 48, 96.77, Some(0.13)),
    ),
    experiment(
        "fashion-emlp1",
        EMLP1,
        FASHION,
        (0.0005, 0.0, 48, 85.12, Some(0.20)),
    ),
    experiment(
        "fashion-emlp2",
        EMLP2,
        FASHION,
        (0.0005, 0.0, 48, 86.32, Some(0.23)),
    ),
    experiment(
        "fashion-emlp3",
        EMLP3,
        FASHION,
        (0.001, 0.005, 48, 86.64, Some(0.28)),
    ),
    experiment(
        "letter-emlp1",
        EMLP1,
        LETTER,
        (0.001, 0.001, 48, 73.08, Some(1.27)),
    ),
    experiment(
        "letter-emlp2",
        EMLP2,
        LETTER,
        (0.005, 0.001, 48, 85.84, Some(0.72)),
    ),
    experiment(
        "letter-emlp3",
        EMLP3,
        LETTER,
        (0.001, 0.0, 48, 90.66, Some(0.90)),
    ),
    oversampled(experiment(
        "breast-emlp1",
        EMLP1,
        BREAST,
        (0.005, 0.0, 16, 99.03, Some(1.78)),
    )),
    oversampled(experiment(
        "breast-emlp2",
        EMLP2,
        BREAST,
        (0.005, 0.0, 8, 98.96, Some(1.78)),
    )),
    oversampled(experiment(
        "breast-emlp3",
        EMLP3,
        BREAST,
        (0.005, 0.0, 8, 99.03, Some(1.88)),
    )),
    oversampled(experiment(
        "heart-emlp1",
        EMLP1,
        HEART,
        (0.0001, 0.01, 8, 87.06, Some(5.12)),
    )),
    oversampled(experiment(
        "heart-emlp2",
        EMLP2,
        HEART,
        (0.01, 0.0, 8, 93.44, Some(2.64)),
    )),
    oversampled(experiment(
        "heart-emlp3",
        EMLP3,
        HEART,
        (0.005, 0.0, 8, 93.25, Some(2.64)),
    )),
    oversampled(experiment(
        "heart-binary-emlp1",
        EMLP1,
        HEART_BINARY,
        (0.0001, 0.01, 8, 87.06, Some(5.12)),
    )),
    oversampled(experiment(
        "heart-binary-emlp2",
        EMLP2,
        HEART_BINARY,
        (0.01, 0.0, 8, 93.44, Some(2.64)),
    )),
    oversampled(experiment(
        "heart-binary-emlp3",
        EMLP3,
        HEART_BINARY,
        (0.005, 0.0, 8, 93.25, Some(2.64)),
    )),
    experiment(
        "binary-mnist-emlp1",
        EMLP1,
        BINARY,
        (0.001, 0.0, 48, 99.67, None),
    ),
    experiment(
        "t-mnist-4-2",
        &[4, 2],
        T_MNIST,
        (0.001, 0.001, 10, 91.23, None),
    ),
    experiment(
        "t-mnist-emlp1",
        EMLP1,
        T_MNIST,
        (0.001, 0.0, 8, 93.39, None),
    ),
    experiment("iris-10", &[10], IRIS, (0.005, 0.0, 8, 98.44, None)),
    experiment("iris-emlp1", EMLP1, IRIS, (0.005, 0.0, 8, 99.69, None)),
    experiment(
        "penguins-2",
        &[2],
        PENGUINS,
        (0.005, 0.001, 16, 81.18, None),
    ),
    experiment(
        "penguins-emlp1",
        EMLP1,
        PENGUINS,
        (0.0005, 0.0, 8, 99.03, None),
    ),
    experiment(
        "c-mnist-32-16",
        &[32, 16],
        C_MNIST,
        (0.0005, 0.001, 48, 95.08, None),
    ),
    experiment(
        "c-mnist-emlp2",
        EMLP2,
        C_MNIST,
        (0.0005, 0.001, 60, 96.71, None),
    ),
    experiment(
        "whole-mnist-128-32",
        &[128, 32],
        WHOLE_MNIST,
        (0.0005, 0.001, 60, 97.67, None),
    ),
    experiment(
        "whole-fashion-200",
        &[200],
        WHOLE_FASHION,
        (0.0005, 0.0, 48, 89.08, None),
    ),
];

impl Experiment {
    /// The run file of a training.
    pub(super) fn run_file(&self, profile: Profile, seed: u64, epochs: u32) -> String {
        let oversample = match (profile, self.oversampled) {
            (Profile::Reference, true) => "before_split",
            (Profile::Reference, false) | (Profile::Strict, _) => "never",
        };
        format!(
            "name = \"{}\"\nseed = {seed}\nprofile = \"{profile}\"\n\n[data]\n{}\n\n\
             [preprocessing]\n{}oversample = \"{oversample}\"\n\n[network]\nhidden = {:?}\n\n\
             [training]\nbatch = {}\nepochs = {epochs}\nrate = {:?}\ndecay = {:?}\n\
             schedule = \"cosine\"\n",
            self.name,
            self.data.source,
            self.data.images,
            self.hidden,
            self.batch,
            self.rate,
            self.decay
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield::encrypted::RunFile;

    #[test]
    fn every_experiment_is_a_run_file_of_its_own_name() {
        let mut names = std::collections::BTreeSet::new();
        for experiment in &EXPERIMENTS {
            assert!(names.insert(experiment.name));
            for profile in [Profile::Reference, Profile::Strict] {
                let text = experiment.run_file(profile, 3, 500);
                let file = RunFile::parse(&text).unwrap();
                assert_eq!(file.training.rate, Some(experiment.rate));
                assert_eq!(file.network.hidden.as_deref(), Some(experiment.hidden));
            }
        }
    }
}
