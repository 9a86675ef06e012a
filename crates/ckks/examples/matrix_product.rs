//! The third chapter: matrices times encrypted vectors, by diagonals.
//!
//!     cargo run --release -p nearfield-ckks --example matrix_product
//!     cargo run --release -p nearfield-ckks --example matrix_product -- --secure
//!
//! The first runs in a ring too small to be secure, the second with 128 bits of security: the same
//! primes in a ring of degree 2^13.

use nearfield_ckks::linear::{BabyGiant, Diagonals};
use nearfield_ckks::{
    Decryptor, Encoder, EvaluationKeys, Evaluator, LinearTransform, Params, ParamsSpec, SecretKey,
};
use num_complex::Complex64;

/// Rows and columns.
const SIZE: usize = 16;

type Matrix = [[f64; SIZE]; SIZE];

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let params = params(std::env::args().any(|argument| argument == "--secure"))?;
    let (top, scale) = (params.max_level(), params.scale());
    let encoder = Encoder::new(&params);
    let secret = SecretKey::generate(&params)?;

    // A server can rotate all slots alike, and multiply each by a number of its own. So it takes
    // a matrix by its diagonals: A x is the sum over d of diagonal d times x rotated by d. A
    // vector of few slots repeats itself in the polynomial, so that rotations go around.
    let a = matrix(|row, column| ((row * 5 + column * 3) % 11) as f64 / 8.0 - 0.5);
    let rows: Vec<Vec<Complex64>> = a
        .iter()
        .map(|row| row.map(Complex64::from).into())
        .collect();
    let for_vectors = Diagonals::from_dense(&rows);

    // A matrix times a matrix: the columns of the right one side by side in 16 * 16 slots. Each
    // diagonal becomes two, one for the entries that stay in their column, one for those that
    // would come from the next.
    let for_columns = for_columns(&a);

    // One rotation for each diagonal would be 15 and 30. In steps, the vector is rotated by few
    // small steps (babies), and sums of the products by few large ones (giants). Each
    // rotation needs a key.
    let mut keys = EvaluationKeys::none(&params);
    let encode = |matrix: &Diagonals| {
        let plan = BabyGiant::split_by_ratio(matrix.indices(), matrix.slots(), 2);
        println!(
            "{} slots: {} diagonals, {} baby and {} giant steps, {} rotations",
            matrix.slots(),
            matrix.len(),
            plan.babies().len(),
            plan.giants().len(),
            plan.rotation_count(),
        );
        LinearTransform::new(&encoder, matrix, plan, top, 1.0)
    };
    let (on_vectors, on_columns) = (encode(&for_vectors)?, encode(&for_columns)?);
    on_vectors.add_keys(&mut keys, &secret)?;
    on_columns.add_keys(&mut keys, &secret)?;
    println!("keys of all rotations: {} kB", keys.bytes() >> 10);
    let evaluator = Evaluator::new(keys);

    let b = matrix(|row, column| ((row * 3 + column * 5) % 7) as f64 / 4.0);
    let columns: Vec<f64> = (0..SIZE * SIZE).map(|i| b[i % SIZE][i / SIZE]).collect();
    let vector = secret.encrypt(&encoder.encode_real(&columns[..SIZE], top, scale)?)?;
    let columns = secret.encrypt(&encoder.encode_real(&columns, top, scale)?)?;

    // However many steps, a product with a matrix takes one level.
    let vector = evaluator.transform(&vector, &on_vectors)?;
    let columns = evaluator.transform(&columns, &on_columns)?;
    assert_eq!(vector.level(), top - 1);

    // Entries are multiples of 1/32 here, so that rounded ones are exact.
    let decryptor = Decryptor::new(&secret);
    let (vector, columns) = (
        decryptor.decrypt_real(&vector)?,
        decryptor.decrypt_real(&columns)?,
    );
    let expected = matrix(|row, column| (0..SIZE).map(|k| a[row][k] * b[k][column]).sum());
    println!("the upper left corner of A B:");
    for row in 0..4 {
        let entries = (0..6).map(|column| format!("{:>9.4}", columns[column * SIZE + row]));
        println!("{}", entries.collect::<String>());
    }
    for (row, expected) in expected.iter().enumerate() {
        assert_eq!(vector[row], expected[0], "row {row} of A times a vector");
        for (column, &expected) in expected.iter().enumerate() {
            assert_eq!(columns[column * SIZE + row], expected, "{row}, {column}");
        }
    }
    println!("all {} entries are correct", columns.len());
    Ok(())
}

/// The matrix that multiplies every run of 16 slots by `a`.
fn for_columns(a: &Matrix) -> Diagonals {
    let slots = SIZE * SIZE;
    let entry = |slot: usize, d: usize| {
        let (row, from) = (slot % SIZE, (slot + d) % slots);
        let stays = slot / SIZE == from / SIZE;
        Complex64::from(if stays { a[row][from % SIZE] } else { 0.0 })
    };
    let diagonal = |d| (d, (0..slots).map(|slot| entry(slot, d)).collect());
    let forward_and_back = (0..SIZE).chain(slots - SIZE + 1..slots);
    Diagonals::new(slots, forward_and_back.map(diagonal).collect())
}

fn matrix(entry: impl Fn(usize, usize) -> f64) -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|column| entry(row, column)))
}

/// Two levels.
fn params(secure: bool) -> nearfield_ckks::Result<Params> {
    let spec = ParamsSpec {
        log_degree: if secure { 13 } else { 10 },
        chain_bits: vec![50, 40, 40],
        special_bits: vec![50, 33],
        digits: 3,
        scale_bits: 40,
    };
    if secure {
        Params::new(spec)
    } else {
        Params::insecure(spec)
    }
}
