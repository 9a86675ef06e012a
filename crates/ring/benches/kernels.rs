//! Times the kernels on polynomials of 2^16 coefficients. Every result is checked before it is timed.
//!
//! `cargo bench -p nearfield-ring` runs all; `-- WORD` runs those whose name contains a word.
//! `NEARFIELD_KERNELS` chooses the instruction set for all but the transforms, which run with each.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented functions"
)]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use nearfield_ring::{
    Automorphism, BaseConversion, Basis, Isa, Modulus, NttTable, Sampler, prime::ntt_primes,
};
use std::hint::black_box;

const DEGREE: usize = 1 << 16;

/// The limbs of a long chain: more than a second-level cache holds.
const LIMBS: usize = 25;

/// Primes just below 2^50.
fn primes(count: usize) -> Vec<Modulus> {
    primes_of(50, count)
}

/// Primes just below a power of two.
fn primes_of(bits: u32, count: usize) -> Vec<Modulus> {
    let near = ntt_primes(bits, DEGREE, 3 * count + 8).unwrap();
    let below = near.into_iter().filter(|prime| prime.value() < 1 << bits);
    below.take(count).collect()
}

fn random(modulus: Modulus, seed: u8) -> Vec<u64> {
    let mut row = vec![0; DEGREE];
    Sampler::from_seed([seed; 32]).uniform(modulus, &mut row);
    row
}

/// Rows that begin at different lines of their pages, as those of a ring do: otherwise they would
/// compete for a few sets of the first-level cache.
struct Staggered(Vec<Vec<u64>>);

impl Staggered {
    fn new(rows: impl Iterator<Item = Vec<u64>>) -> Self {
        let at = |(index, row): (usize, Vec<u64>)| {
            let mut memory = vec![0; Self::start(index)];
            memory.extend(row);
            memory
        };
        Staggered(rows.enumerate().map(at).collect())
    }

    fn start(index: usize) -> usize {
        index * 9 % 64 * 8
    }

    fn rows(&self) -> Vec<&[u64]> {
        let rows = self.0.iter().enumerate();
        rows.map(|(index, row)| &row[Self::start(index)..])
            .collect()
    }

    fn rows_mut(&mut self) -> Vec<&mut [u64]> {
        let rows = self.0.iter_mut().enumerate();
        rows.map(|(index, row)| &mut row[Self::start(index)..])
            .collect()
    }
}

/// Modulo primes of all sizes that all may have transforms for.
fn transforms(c: &mut Criterion) {
    for bits in [50, 48, 40] {
        transforms_modulo(c, bits);
    }
}

/// The same limb repeatedly, and many limbs with a table each.
fn transforms_modulo(c: &mut Criterion, bits: u32) {
    let primes = primes_of(bits, LIMBS);
    let start: Vec<Vec<u64>> = primes.iter().map(|&prime| random(prime, 1)).collect();
    let tables = |isa: Isa| -> Vec<NttTable> {
        let table = |&prime: &Modulus| NttTable::with_isa(isa, prime, DEGREE).unwrap();
        primes.iter().map(table).collect()
    };
    let expected: Vec<Vec<u64>> = {
        let values = start.iter().cloned().zip(tables(Isa::PORTABLE));
        let values = values.map(|(mut row, table)| {
            table.forward(&mut row);
            row
        });
        values.collect()
    };
    for isa in Isa::available() {
        let (tables, mut rows) = (tables(isa), start.clone());
        for ((row, expected), table) in rows.iter().zip(&expected).zip(&tables) {
            let mut values = row.clone();
            table.forward(&mut values);
            assert!(values == *expected);
            table.inverse(&mut values);
            assert!(values == *row);
        }
        let mut group = c.benchmark_group(format!("ntt {} {bits} bits", isa.name()));
        group.bench_function("forward hot", |b| {
            b.iter(|| tables[0].forward(&mut rows[0]));
        });
        group.bench_function("inverse hot", |b| {
            b.iter(|| tables[0].inverse(&mut rows[0]));
        });
        let mut each = |name: &str, transform: fn(&NttTable, &mut [u64])| {
            let mut limb = 0;
            group.bench_function(name, |b| {
                b.iter(|| {
                    transform(&tables[limb], &mut rows[limb]);
                    limb = (limb + 1) % LIMBS;
                });
            });
        };
        each("forward streaming", NttTable::forward);
        each("inverse streaming", NttTable::inverse);
    }
}

fn inner_products(c: &mut Criterion) {
    let modulus = primes(1)[0];
    let rows = Staggered::new((0..32).map(|seed| random(modulus, seed)));
    let rows = rows.rows();
    let mut group = c.benchmark_group(format!("inner product {}", Isa::current().name()));
    for count in [3, 8, 16] {
        let pairs = rows.chunks_exact(2).take(count);
        let products: Vec<(&[u64], &[u64])> = pairs.map(|pair| (pair[0], pair[1])).collect();
        let mut sum = vec![0; DEGREE];
        modulus.inner_product(&products, &mut sum);
        modulus.montgomery_row(&mut sum);
        for (index, &sum) in sum.iter().enumerate() {
            let terms = products
                .iter()
                .map(|(a, b)| modulus.mul(a[index], b[index]));
            assert_eq!(sum, terms.fold(0, |sum, term| modulus.add(sum, term)));
        }
        group.bench_function(format!("{count} pairs"), |b| {
            b.iter(|| modulus.inner_product(black_box(&products), &mut sum));
        });
    }
}

fn conversions(c: &mut Criterion) {
    let mut group = c.benchmark_group(format!("base conversion {}", Isa::current().name()));
    for sources in [4, 9, 13] {
        let moduli = primes(2 * sources);
        let (from, to) = moduli.split_at(sources);
        let bases = [from, to].map(|moduli| Basis::new(moduli).unwrap());
        let conversion = BaseConversion::new(&bases[0], &bases[1]).unwrap();
        // The integer 5 in every column.
        let digits = from.iter().enumerate().map(|(source, modulus)| {
            let mut row = vec![5; DEGREE];
            modulus.scale_row(&mut row, conversion.digit_factor(source));
            row
        });
        let digits = Staggered::new(digits);
        let digits = digits.rows();
        let mut rows = Staggered::new((0..sources).map(|_| vec![0; DEGREE]));
        let mut convert = |digits: &[&[u64]]| {
            let to = rows.rows_mut().into_iter().enumerate();
            conversion.convert_digits(digits, to.collect());
            rows.rows()[sources - 1][DEGREE - 1]
        };
        assert_eq!(convert(&digits), 5);
        group.bench_function(format!("from {sources} to as many"), |b| {
            b.iter(|| convert(black_box(&digits)));
        });
    }
}

fn automorphisms(c: &mut Criterion) {
    let modulus = primes(1)[0];
    let automorphism = Automorphism::new(5, DEGREE).unwrap();
    let from = random(modulus, 1);
    let (mut to, mut sum) = (vec![0; DEGREE], random(modulus, 2));
    let mut expected = sum.clone();
    automorphism.map_values(&from, &mut to);
    modulus.add_rows(&mut expected, &to);
    automorphism.add_mapped_values(modulus, &from, &mut sum);
    assert!(sum == expected);
    let mut group = c.benchmark_group(format!("automorphism {}", Isa::current().name()));
    group.bench_function("values", |b| {
        b.iter(|| automorphism.map_values(black_box(&from), &mut to));
    });
    group.bench_function("add values", |b| {
        b.iter(|| automorphism.add_mapped_values(modulus, black_box(&from), &mut sum));
    });
}

criterion_group!(
    benches,
    transforms,
    inner_products,
    conversions,
    automorphisms
);
criterion_main!(benches);
