//! Weights and velocities as a safetensors file.

use super::matrices::{BlockMatrices, Matrices, Parameter};
use super::matrix::Matrix;
use crate::network::{BlockSizes, NetworkSpec};
use crate::{Error, Result};
use nearfield_files::{read_bounded, write_atomically};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use std::path::Path;

/// Maximum of the bytes that names and shapes of a file take.
const HEADER_BYTES: u64 = 1 << 20;

impl Matrices {
    /// Reads weights and velocities of the network `spec` from a safetensors file: tensors
    /// `blocks.I.forward.weight`, `blocks.I.head.weight`, and `….velocity` of the same shapes
    /// `[inputs, outputs]`, all F64. A file without any velocity gives velocities of zero.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file is damaged, holds another network, or a number is not finite;
    /// [`Error::Files`] if it cannot be read.
    pub fn load(spec: &NetworkSpec, path: &Path) -> Result<Self> {
        // Weights and velocities, 8 bytes each: no overflow below 2^28 weights.
        let max_bytes = HEADER_BYTES + 16 * u64::try_from(spec.weights()).unwrap_or(u64::MAX >> 8);
        let bytes = read_bounded(path, max_bytes)?;
        from_bytes(spec, &bytes).map_err(|error| match error {
            Error::Weights(problem) => Error::Weights(format!("{}: {problem}", path.display())),
            other => other,
        })
    }

    /// Writes the file of [`Matrices::load`], whole or not at all. Equal numbers give equal bytes.
    ///
    /// # Errors
    /// [`Error::Files`] if the system refuses.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(write_atomically(path, &to_bytes(self)?)?)
    }
}

/// Weights and velocities as the bytes of a safetensors file.
///
/// # Errors
/// Never for matrices of a network.
fn to_bytes(matrices: &Matrices) -> Result<Vec<u8>> {
    let mut owned = Vec::new();
    for (name, parameter) in matrices.parameters() {
        for (kind, matrix) in [
            ("weight", &parameter.weight),
            ("velocity", &parameter.velocity),
        ] {
            let values = matrix.values().iter();
            let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
            let shape = vec![matrix.rows(), matrix.columns()];
            owned.push((format!("{name}.{kind}"), shape, bytes));
        }
    }
    let mut views = Vec::new();
    for (name, shape, bytes) in &owned {
        let view = TensorView::new(Dtype::F64, shape.clone(), bytes)
            .map_err(|error| Error::Weights(error.to_string()))?;
        views.push((name.as_str(), view));
    }
    serialize(views, None).map_err(|error| Error::Weights(error.to_string()))
}

/// The weights and velocities of the network `spec` from the bytes of their file.
///
/// # Errors
/// [`Error::Weights`] if the file is damaged, holds another network, or a number is not finite.
fn from_bytes(spec: &NetworkSpec, bytes: &[u8]) -> Result<Matrices> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        Error::Weights(format!(
            "{error}; the file is damaged or is not a safetensors file"
        ))
    })?;
    let has_velocities = file.names().iter().any(|name| name.ends_with(".velocity"));
    let mut read = 0;
    let mut parameter = |name: String, sizes: (usize, usize)| -> Result<Parameter> {
        let weight = tensor(&file, &format!("{name}.weight"), sizes)?;
        read += 1;
        let velocity = match has_velocities {
            true => {
                read += 1;
                tensor(&file, &format!("{name}.velocity"), sizes)?
            }
            false => Matrix::zeros(sizes.0, sizes.1),
        };
        Ok(Parameter { weight, velocity })
    };
    let mut blocks = Vec::new();
    for (number, BlockSizes { forward, head }) in spec.blocks().enumerate() {
        blocks.push(BlockMatrices {
            forward: parameter(format!("blocks.{number}.forward"), forward)?,
            head: match head {
                Some(sizes) => Some(parameter(format!("blocks.{number}.head"), sizes)?),
                None => None,
            },
        });
    }
    if file.len() != read {
        return Err(Error::Weights(format!(
            "there are {} tensors where the network {spec} has {read}: the file is of another \
             network",
            file.len()
        )));
    }
    Matrices::from_blocks(spec, blocks)
}

fn tensor(file: &SafeTensors<'_>, name: &str, (rows, columns): (usize, usize)) -> Result<Matrix> {
    let refuse = |problem: String| Err(Error::Weights(format!("tensor `{name}` {problem}")));
    let Ok(view) = file.tensor(name) else {
        return refuse("is missing: the file is of another network, or incomplete".into());
    };
    if view.shape() != [rows, columns] {
        return refuse(format!(
            "has shape {:?}, the network needs [{rows}, {columns}]",
            view.shape()
        ));
    }
    if view.dtype() != Dtype::F64 {
        return refuse(format!("is of type {:?}, not F64", view.dtype()));
    }
    let (numbers, _) = view.data().as_chunks();
    let values: Vec<f64> = numbers
        .iter()
        .map(|&bytes| f64::from_le_bytes(bytes))
        .collect();
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return refuse(format!(
            "has {} in row {}, column {} (from 0): that training has diverged",
            values[place],
            place / columns,
            place % columns
        ));
    }
    Matrix::new(rows, columns, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec() -> NetworkSpec {
        NetworkSpec::new(3, vec![4, 2], 2).unwrap()
    }

    fn matrices() -> Matrices {
        let mut matrices = Matrices::new(&spec(), 5);
        for (number, block) in matrices.blocks.iter_mut().enumerate() {
            block.forward.velocity.values_mut()[number] = 0.25;
        }
        matrices
    }

    fn refusal(spec: &NetworkSpec, bytes: &[u8]) -> String {
        from_bytes(spec, bytes).unwrap_err().to_string()
    }

    #[test]
    fn saved_matrices_load_bit_for_bit() {
        let bytes = to_bytes(&matrices()).unwrap();
        let back = from_bytes(&spec(), &bytes).unwrap();
        assert_eq!(back, matrices());
        assert_eq!(to_bytes(&back).unwrap(), bytes);
        let one = NetworkSpec::new(3, vec![], 2).unwrap();
        let single = Matrices::new(&one, 1);
        assert_eq!(
            from_bytes(&one, &to_bytes(&single).unwrap()).unwrap(),
            single
        );
    }

    #[test]
    fn a_file_larger_than_its_network_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        matrices().save(&path).unwrap();
        assert_eq!(Matrices::load(&spec(), &path).unwrap(), matrices());
        std::fs::write(&path, vec![0; 3 << 20]).unwrap();
        let error = Matrices::load(&spec(), &path).unwrap_err().to_string();
        assert!(error.contains("larger than"), "{error}");
    }

    #[test]
    fn another_network_is_refused_by_the_name_of_the_tensor_that_differs() {
        let bytes = to_bytes(&matrices()).unwrap();
        for (features, hidden, part) in [
            (3, vec![4, 2, 2], "`blocks.2.forward.weight` is missing"),
            (
                3,
                vec![4],
                "there are 8 tensors where the network 3-4-2 has 4",
            ),
            (5, vec![4, 2], "`blocks.0.forward.weight` has shape [3, 4]"),
        ] {
            let spec = NetworkSpec::new(features, hidden, 2).unwrap();
            let text = refusal(&spec, &bytes);
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn values_that_are_not_finite_or_not_f64_are_refused() {
        let mut broken = matrices();
        broken.blocks[0].forward.weight.values_mut()[5] = f64::INFINITY;
        let text = refusal(&spec(), &to_bytes(&broken).unwrap());
        assert!(text.contains("inf in row 1, column 1"), "{text}");
        let view = TensorView::new(Dtype::F32, vec![3, 2], &[0; 24]).unwrap();
        let bytes = serialize([("blocks.0.forward.weight", view)], None).unwrap();
        let one = NetworkSpec::new(3, vec![], 2).unwrap();
        assert!(refusal(&one, &bytes).contains("type F32"));
    }

    #[test]
    fn every_truncation_and_trailing_bytes_are_refused() {
        let mut bytes = to_bytes(&matrices()).unwrap();
        for length in 0..bytes.len() {
            assert!(from_bytes(&spec(), &bytes[..length]).is_err(), "{length}");
        }
        bytes.push(0);
        assert!(from_bytes(&spec(), &bytes).is_err());
    }

    proptest! {
        #[test]
        fn changed_bytes_never_cause_a_panic(
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut bytes = to_bytes(&matrices()).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = from_bytes(&spec(), &bytes);
        }
    }
}
