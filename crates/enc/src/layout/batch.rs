//! Samples and labels to slots, and predictions back.

use crate::layout::placement::{Form, Placement, Role};
use crate::layout::{Layout, grid};
use crate::{Error, Result};

/// A batch: vectors of [`Layout::samples_per_vector`] samples each.
#[derive(Clone, Debug)]
pub struct Batch<V> {
    /// For each vector of samples, the [`Layout::input_vectors`] vectors of their inputs.
    pub inputs: Vec<Vec<V>>,
    /// For each vector of samples, their labels.
    pub labels: Vec<Labels<V>>,
}

/// One-hot labels of a vector of samples, in the forms that the heads compare with.
#[derive(Clone, Debug)]
pub struct Labels<V> {
    /// One class a row ([`Form::Expanded`]).
    pub expanded: Option<V>,
    /// One class a column ([`Form::Repeated`]).
    pub repeated: Option<V>,
}

impl<V> Batch<V> {
    /// The batch with each of its vectors mapped, for example encrypted.
    ///
    /// # Errors
    /// The first that `map` returns.
    pub fn try_map<W, E>(
        &self,
        map: impl Fn(&V) -> std::result::Result<W, E>,
    ) -> std::result::Result<Batch<W>, E> {
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|vectors| vectors.iter().map(&map).collect());
        let labels = self.labels.iter().map(|labels| {
            Ok(Labels {
                expanded: labels.expanded.as_ref().map(&map).transpose()?,
                repeated: labels.repeated.as_ref().map(&map).transpose()?,
            })
        });
        Ok(Batch {
            inputs: inputs.collect::<std::result::Result<_, E>>()?,
            labels: labels.collect::<std::result::Result<_, E>>()?,
        })
    }
}

impl<V> Labels<V> {
    /// # Errors
    /// [`Error::MissingLabels`] if they were not packed in this form.
    pub(crate) fn of(&self, form: Form) -> Result<&V> {
        let labels = match form {
            Form::Expanded => &self.expanded,
            Form::Repeated => &self.repeated,
        };
        let form = form.name();
        labels.as_ref().ok_or(Error::MissingLabels { form })
    }
}

impl Layout {
    /// The slots of a batch: inputs and labels of all samples.
    ///
    /// # Shapes
    /// A row of features and a label for each sample.
    pub fn pack_batch(&self, inputs: &[&[f64]], labels: &[usize]) -> Batch<Vec<f64>> {
        let size = self.samples_per_vector();
        let forms = self.label_forms();
        let labels = labels.chunks(size).map(|labels| {
            let pack = |form| {
                forms
                    .contains(&form)
                    .then(|| self.pack_labels(labels, form))
            };
            Labels {
                expanded: pack(Form::Expanded),
                repeated: pack(Form::Repeated),
            }
        });
        let inputs = inputs.chunks(size).map(|samples| {
            let vectors = 0..self.input_vectors();
            vectors
                .map(|vector| self.pack_inputs(samples, vector))
                .collect()
        });
        Batch {
            inputs: inputs.collect(),
            labels: labels.collect(),
        }
    }

    /// One of the [`Layout::input_vectors`] vectors of the inputs of at most
    /// [`Layout::samples_per_vector`] samples. Missing samples are zeros.
    pub fn pack_inputs(&self, samples: &[&[f64]], vector: usize) -> Vec<f64> {
        let (first, grid) = (self.first(), self.grid);
        let (group, tile) = (vector / first.tiles, vector % first.tiles);
        let shift = tile * grid.columns();
        let slots = (0..grid.slots()).map(|slot| {
            let sample = samples.get(grid.place(slot).block)?;
            let input = first.input_of_row(grid, group, grid.place(slot + shift));
            sample.get(input).copied()
        });
        slots.map(Option::unwrap_or_default).collect()
    }

    /// One-hot labels of at most [`Layout::samples_per_vector`] samples in a form. Missing samples
    /// are zeros.
    pub fn pack_labels(&self, labels: &[usize], form: Form) -> Vec<f64> {
        let period = grid::power_of_two(self.network.classes());
        self.grid.fill(|place| {
            let class = match form {
                Form::Expanded => place.row % period,
                Form::Repeated => place.column % period,
            };
            indicator(labels.get(place.block) == Some(&class))
        })
    }

    /// The forms in which labels are needed.
    pub fn label_forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        for matrix in self.predicting() {
            if !forms.contains(&matrix.output_form()) {
                forms.push(matrix.output_form());
            }
        }
        forms
    }

    /// What the last head says of each of `samples` samples: a number for each class. `vectors` are
    /// its predictions, or its prediction errors.
    ///
    /// # Shapes
    /// `vectors`: one for each vector of samples. Result: `[samples, classes]`, with fewer rows if
    /// the vectors hold fewer samples.
    pub fn unpack_predictions(&self, vectors: &[Vec<f64>], samples: usize) -> Vec<Vec<f64>> {
        let size = self.samples_per_vector();
        let form = self.prediction_form();
        let row = |sample: usize| {
            let slots = &vectors[sample / size];
            let classes = 0..self.network.classes();
            classes
                .map(|class| slots[self.prediction_slot(sample % size, class, form)])
                .collect()
        };
        let held = vectors.len() * size;
        (0..samples.min(held)).map(row).collect()
    }

    /// The slot that has the number of a class for a sample.
    fn prediction_slot(&self, sample: usize, class: usize, form: Form) -> usize {
        let first_lane = sample * self.grid.columns();
        match form {
            Form::Expanded => class * self.grid.lanes() + first_lane,
            Form::Repeated => first_lane + class,
        }
    }

    /// The form of the last head's predictions.
    fn prediction_form(&self) -> Form {
        let last = self.predicting().last();
        last.map_or(Form::Repeated, Placement::output_form)
    }

    /// The matrices whose products are compared with labels: the heads, or the only matrix of a
    /// network without hidden layers.
    fn predicting(&self) -> impl Iterator<Item = &Placement> {
        let only_one = self.network.hidden().is_empty();
        let all = self.placements.iter();
        all.filter(move |matrix| only_one || matches!(matrix.role, Role::Head(_)))
    }
}

/// 1 where a condition holds, else 0.
pub(super) fn indicator(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}
