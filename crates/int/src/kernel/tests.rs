//! Every set of kernels gives the bits of the portable one.

use super::fast_fir::{FilterRows, PRODUCTS, TileInputs};
use super::high_halves::{HighHalf, HighHalfColumns, HighHalves, RowsByDepth};
use super::*;
use alloc::vec;
use alloc::vec::Vec;
use core::array;
use proptest::prelude::*;

fn wide_values() -> impl Strategy<Value = i32> {
    prop_oneof![
        -40_000..40_000,
        Just(i32::MIN),
        Just(i32::MAX),
        Just(32_767),
        Just(-32_768),
        any::<i32>()
    ]
}

proptest! {
    #[test]
    fn all_kernels_add_the_same_contributions(
        length in 0..900_usize,
        list in proptest::collection::vec((0..300_u32, -600_000..600_000), 0..20),
        sums in proptest::collection::vec(any::<i32>(), 900),
        seed in proptest::collection::vec(any::<i16>(), 101),
    ) {
        let values: Vec<i16> = seed.iter().cycle().copied().take(1210).collect();
        let mut contributions = Contributions::default();
        for &(start, factor) in &list {
            let _ = contributions.push(start, factor);
        }
        let mut naive = sums[..length].to_vec();
        for &(start, factor) in list.iter().filter(|one| one.1.unsigned_abs() <= 16 * 32_767) {
            portable::add_scaled(&mut naive, factor, &values[10 + start as usize..]);
        }
        for isa in Isa::available() {
            let mut ours = sums[..length].to_vec();
            let all = contributions.part(0..contributions.len());
            isa.add_contributions(&mut ours, &values[10..], all);
            prop_assert_eq!(&ours, &naive, "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_compute_the_same_value_by_value(
        bytes in proptest::collection::vec(any::<i8>(), 0..90),
        other in proptest::collection::vec(any::<i8>(), 90),
        values in proptest::collection::vec(any::<i16>(), 90),
        wide in proptest::collection::vec(wide_values(), 90),
        (inverse, mean, index) in (4000..32_769_u16, 0..50_i16, any::<u16>()),
    ) {
        let count = bytes.len();
        let run = |isa: Isa| {
            let mut active = vec![5; count];
            isa.leaky(&bytes, inverse, mean, &mut active);
            let (mut best, mut indices) = (active.clone(), vec![3; count]);
            isa.max_with_index(&mut best, &mut indices, &values, index);
            let mut scaled = bytes.clone();
            isa.max_i8(&mut scaled, &other);
            let mut passed = wide.clone();
            isa.leaky_backward(&mut passed, &bytes, Reciprocal::new(inverse.into()));
            let mut sums = wide[..count].to_vec();
            isa.add_scaled(&mut sums, wide[0], &values);
            let max_abs = (isa.max_abs(&wide), isa.max_abs_i16(&values[..count]));
            (active, best, indices, scaled, passed, (sums, max_abs, isa.squares(&values[..count])))
        };
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), run(Isa::PORTABLE), "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_lay_out_the_same_squares(
        seed in proptest::collection::vec(any::<i16>(), 97),
        (stride, width) in (32..50_usize, 16..40_usize),
    ) {
        let rows: Vec<i16> = seed.iter().cycle().copied().take(16 * stride).collect();
        let run = |isa: Isa| {
            let mut lines = vec![7; 15 * 2 * width + 32];
            isa.lay_out_square(&rows, stride, &mut lines, width);
            lines
        };
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), run(Isa::PORTABLE), "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_transpose_the_same(
        seed in proptest::collection::vec(wide_values(), 97),
        (rows, columns) in (1..50_usize, 1..50_usize),
        more in 0..3_usize,
    ) {
        let values: Vec<i32> = seed.iter().cycle().copied().take(rows * columns).collect();
        let run = |isa: Isa| {
            let mut low = vec![7; columns * (rows + more)];
            isa.transpose_low_halves(&values, columns, &mut low, rows + more);
            low
        };
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), run(Isa::PORTABLE), "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_scale_the_same(
        sums in proptest::collection::vec(wide_values(), 0..90),
        divisor in 1..(1_u64 << 32),
        bits in 0..32_u32,
    ) {
        let divisor = Reciprocal::new((divisor >> bits).max(1));
        for isa in Isa::available() {
            let (mut ours, mut oracle) = (vec![9; sums.len()], vec![9; sums.len()]);
            let cut = isa.scale(&sums, divisor, 127, &mut ours);
            prop_assert_eq!(cut, portable::scale(&sums, divisor, 127, &mut oracle));
            prop_assert_eq!(ours, oracle, "{:?}", isa);
        }
    }

    #[test]
    fn all_kernels_make_the_same_updates(
        gradients in proptest::collection::vec(wide_values(), 4 * 100),
        weights in proptest::collection::vec(any::<i16>(), 4 * 110),
        halved in any::<bool>(),
        (quiet, rows, columns) in (0..500_usize, 0..=4_usize, 1..=100_usize),
        stride in 100..=110_usize,
        divisor in 1..(1_u64 << 32),
        bits in 0..32_u32,
        decay in proptest::option::of((1..(1_u64 << 33), 0..33_u32)),
    ) {
        let rate = Reciprocal::new((divisor >> bits).max(1));
        let decay = decay.map(|(decay, bits)| Reciprocal::new((decay >> bits).max(1)));
        let rule = UpdateRule { rate, decay };
        // Where gradients are small, no weight leaves int16 for some rows.
        let small = gradients.iter().enumerate().map(|(index, &gradient)| {
            if index < quiet { gradient % 1000 } else { gradient }
        });
        let gradients: Vec<i32> = small.collect();
        let half = |&weight: &i16| if halved { weight / 2 } else { weight };
        let weights: Vec<i16> = weights.iter().map(half).collect();
        let patch = Patch { rows, columns, strides: [stride, 100] };
        for isa in Isa::available() {
            let (mut ours, mut oracle) = (weights.clone(), weights.clone());
            let done = isa.update(&mut ours, &gradients, patch, rule);
            let expected = portable::update(&mut oracle, &gradients, patch, rule);
            prop_assert_eq!(done, expected);
            prop_assert_eq!(ours, oracle, "{:?}", isa);
        }
    }
    #[test]
    fn all_kernels_add_the_products_of_each_high_half(
        list in proptest::collection::vec((0..96_u32, 0..40_u32, any::<i16>()), 0..200),
        values in proptest::collection::vec(any::<i16>(), 48 * 64),
        rows in 1..=48_usize,
        sums in proptest::collection::vec(any::<i32>(), 48 * 32),
    ) {
        let height = rows.next_multiple_of(16);
        let uppers = list.iter().map(|&(column, depth, high)| HighHalf { column, depth, high });
        let mut high = HighHalves::default();
        for _ in 0..2 {
            high.fill(6, |all| all.extend(uppers.clone()));
        }
        for isa in Isa::available() {
            let mut by_depth = vec![0; 64 * height];
            for row in (0..height).step_by(16) {
                for depth in [0, 32] {
                    let lines = &mut by_depth[depth * height + row..];
                    isa.lay_out_by_depth(&values[row * 64 + depth..], 64, lines, height);
                }
            }
            for first in [0, 32, 64] {
                let mut expected = sums.clone();
                let own = list.iter().filter(|one| (first..first + 32).contains(&one.0));
                for (&(column, depth, high), row) in
                    own.flat_map(|one| (0..rows).map(move |row| (one, row)))
                {
                    let value = values[row * 64 + depth as usize];
                    let sum = &mut expected[row * 32 + (column - first) as usize];
                    *sum = sum.wrapping_add((i32::from(value) * i32::from(high)) << 16);
                }
                let own = HighHalfColumns { high: &high, first: first as usize / 16, width: 32 };
                let by_depth = RowsByDepth { values: &by_depth, count: rows };
                let mut ours = sums.clone();
                isa.add_high_halves(own, by_depth, &mut ours);
                prop_assert_eq!(&ours, &expected, "{:?}", isa);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_kernels_transform_3x3_convolutions_the_same(
        weights in proptest::collection::vec(any::<i16>(), 9 * 64),
        values in proptest::collection::vec(any::<i16>(), 25 * 64),
        products in proptest::collection::vec(any::<i32>(), 6 * 7 * 32),
        single in any::<[bool; 2]>(), threes in 0..3_usize,
    ) {
        let starts = array::from_fn(|at| 64 * at);
        let factors = array::from_fn(|at| 70 * at);
        let line_starts = array::from_fn(|at| 7 * 32 * at);
        let run = |isa: Isa| {
            let rows = FilterRows { values: &weights[32..], stride: 64 };
            let mut low = vec![1; PRODUCTS * 40];
            let beyond = isa.fast_fir_weights(rows, &mut low, 40);
            let mut inputs = vec![2; PRODUCTS * 70];
            let pixels = TileInputs { values: &values, starts: &starts, single, depth: 64 };
            isa.fast_fir_inputs(pixels, &mut inputs, &factors);
            let mut line = vec![3; 3 * threes * 32];
            isa.fast_fir_line(&products, &line_starts, 32, &mut line);
            let mut sums = products.clone();
            isa.add(&mut sums, &products[5..]);
            isa.subtract(&mut sums, &products[99..]);
            (low, beyond, inputs, line, sums)
        };
        let expected = run(Isa::PORTABLE);
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), expected.clone(), "{:?}", isa);
        }
    }
}

#[test]
fn all_kernels_make_the_same_updates_where_steps_and_decays_are_long() {
    for (rate, decay) in [
        (2, Some(2)),
        (2, Some(3)),
        (2, None),
        (3, Some(2)),
        (1, Some(1)),
        (1 << 16, Some(2)),
        (2 << 16, Some(2)),
        (2 << 16, None),
        (3 << 16, Some(1 << 15)),
        (5 << 16, Some(28_000)),
        (32_767 << 16, Some(3)),
    ] {
        let rule = UpdateRule {
            rate: Reciprocal::new(rate),
            decay: decay.map(Reciprocal::new),
        };
        let near = (-150_000..150_000).step_by(1_777);
        let far = (i32::MIN..=i32::MAX).step_by(100_000_007);
        let gradients: Vec<i32> = near.chain(far).chain([i32::MAX]).collect();
        for weight in (-32_768..=32_767).step_by(431) {
            for &gradient in &gradients {
                let (weights, gradients) = (vec![weight; 64], vec![gradient; 64]);
                let run = |isa: Isa| {
                    let mut weights = weights.clone();
                    let patch = Patch::row(64);
                    let done = isa.update(&mut weights, &gradients, patch, rule);
                    (done, weights)
                };
                let expected = run(Isa::PORTABLE);
                for isa in Isa::available() {
                    assert_eq!(run(isa), expected, "{isa:?}: {weight}, {gradient}, {rate}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn all_kernels_update_every_weight_of_a_patch(
        weights in proptest::collection::vec(-20_000..=20_000_i16, 3 * 80),
        gradients in proptest::collection::vec(any::<i32>(), 3 * 90),
        (columns, bits) in (1..=80_usize, 0..24_u32),
        rate in prop_oneof![1..100_u64, (1..100_u64).prop_map(|factor| factor << 16)],
        decay in proptest::option::of(1..40_000_u64),
    ) {
        let gradients: Vec<i32> = gradients.iter().map(|gradient| gradient >> bits).collect();
        let rule = UpdateRule {
            rate: Reciprocal::new(rate),
            decay: decay.map(Reciprocal::new),
        };
        let patch = Patch {
            rows: 3,
            columns,
            strides: [80, 90],
        };
        let run = |isa: Isa| {
            let mut weights = weights.clone();
            let done = isa.update(&mut weights, &gradients, patch, rule);
            (done, weights)
        };
        let expected = run(Isa::PORTABLE);
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), expected.clone(), "{:?}", isa);
        }
    }
}
