//! The layer against sums by hand, and against the definition.

use super::*;
use crate::arithmetic::wrapped;
use crate::audit::Counting;
use alloc::vec;
use proptest::prelude::*;

#[test]
fn a_small_layer_matches_sums_by_hand() {
    let mut workspace = LinearWorkspace::default();
    let mut layer = Linear::new(2, 3, &[1000, 0, 0, 1000, -500, 300]);
    let input = Images::flat(&[3, -5, 100, 100], 2);
    let mut scaled = [0; 6];
    let audit = layer.forward(
        &mut workspace,
        &input,
        Scaling::new(2),
        &mut scaled,
        Counting::WrapsAndMaxima,
    );
    // 3000, -5000, -3000 and 100000, 100000, -20000, over 512.
    assert_eq!(scaled, [5, -9, -5, 127, 127, -39]);
    assert_eq!((audit.cut, audit.forward.max_abs), (2, 100_000));
    let mut again = [0; 6];
    layer.forward(
        &mut workspace,
        &input,
        Scaling::new(2),
        &mut again,
        Counting::Nothing,
    );
    assert_eq!(again, scaled);

    let gradient = [1_i8, 0, -2, 0, 4, 0];
    let mut at_input = [0; 4];
    layer.backward(&mut workspace, &gradient, &mut at_input);
    assert_eq!(at_input, [2000, -600, 0, 4000]);

    let sgd = IntegerSgd::new(10, 1, 0);
    let audit = layer.update(
        &mut workspace,
        &gradient,
        &input,
        sgd,
        Counting::WrapsAndMaxima,
    );
    // Gradients: [3, -5], [400, 400], [-6, 10].
    assert_eq!(layer.values(), [1000, 0, -40, 960, -500, 299]);
    assert_eq!((audit.gradient.max_abs, audit.max_abs_weight), (400, 1000));
}

#[test]
fn decay_also_reaches_rows_without_gradient() {
    let mut layer = Linear::new(1, 2, &[50, -120]);
    let sgd = IntegerSgd::new(512, 1, 100);
    layer.update(
        &mut LinearWorkspace::default(),
        &[0_i32, 0],
        &Images::flat(&[7], 1),
        sgd,
        Counting::Wraps,
    );
    assert_eq!(layer.values(), [50, -119]);
}

#[test]
fn gradients_and_weights_beyond_int16_give_exact_sums() {
    let mut workspace = LinearWorkspace::default();
    let mut layer = Linear::new(3, 1, &[100_000, -3, 70_000]);
    let mut at_input = vec![0; 3];
    layer.backward(&mut workspace, &[-2_i8], &mut at_input);
    assert_eq!(at_input, [-200_000, 6, -140_000]);
    let sgd = IntegerSgd::new(1, 1, 0);
    let audit = layer.update(
        &mut workspace,
        &[155_000_i32],
        &Images::flat(&[1, -1, 20_000], 3),
        sgd,
        Counting::WrapsAndMaxima,
    );
    let wrapped = wrapped(155_000 * 20_000);
    assert_eq!(
        layer.values(),
        [-55_000, 154_997, 70_000_i32.wrapping_sub(wrapped)]
    );
    assert_eq!(audit.gradient.wrapped, 1);
    assert_eq!(audit.gradient.max_abs, 3_100_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn updates_by_gradients_with_any_share_beyond_int16_are_the_definition(
        (samples, share) in (1..70_usize, 0..=100_u32),
        draws in proptest::collection::vec((0..100_u32, any::<i32>()), 70 * 9),
        inputs in proptest::collection::vec(-127..=127_i16, 70 * 21),
    ) {
        let (inputs, gradient) = (&inputs[..samples * 21], &draws[..samples * 9]);
        let gradient: Vec<i32> = gradient
            .iter()
            .map(|&(draw, value)| if draw < share { value >> 8 } else { value >> 16 })
            .collect();
        let mut layer = Linear::new(21, 9, &[0; 9 * 21]);
        let images = Images::flat(inputs, 21);
        let sgd = IntegerSgd::new(1, 1, 0);
        let audit = layer.update(&mut LinearWorkspace::default(), &gradient, &images, sgd, Counting::Wraps);
        let mut beyond = 0;
        let expected: Vec<i32> = (0..9 * 21)
            .map(|place| {
                let (output, input) = (place / 21, place % 21);
                let product = |sample: usize| {
                    i64::from(gradient[sample * 9 + output]) * i64::from(inputs[sample * 21 + input])
                };
                let exact: i64 = (0..samples).map(product).sum();
                beyond += u64::from(i32::try_from(exact).is_err());
                wrapped(exact).wrapping_neg()
            })
            .collect();
        prop_assert_eq!(layer.values(), expected);
        prop_assert_eq!(audit.gradient.wrapped, beyond);
    }
}
