//! Sizes beyond which a description is taken for a mistake.

use crate::layers::pool::Window;
use crate::spec::Shape;
use crate::{Error, Result};
use alloc::format;
use alloc::string::String;
use core::ops::RangeInclusive;

/// Most values in a weight tensor.
pub(super) const MAX_VALUES: usize = 1 << 30;

/// Most values in one sample or its activations.
const MAX_ACTIVATIONS: usize = 1 << 24;

/// Refuses a setting outside `range`.
pub(super) fn check_setting(
    setting: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    let problem = format!("{value} is outside {least} to {most}");
    Err(Error::Setting { setting, problem })
}

/// Refuses a tensor one of whose sizes is 0, or which has more than [`MAX_VALUES`] values.
pub(super) fn check_tensor(sizes: &[usize]) -> core::result::Result<usize, String> {
    let product = sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    match product {
        Some(0) => Err(format!("sizes must be at least 1, found {sizes:?}")),
        Some(product) if product <= MAX_VALUES => Ok(product),
        _ => Err(format!(
            "{sizes:?} is more than the {MAX_VALUES} values allowed"
        )),
    }
}

/// Refuses samples of no, or more than [`MAX_ACTIVATIONS`], values.
pub(super) fn check_sample(shape: Shape) -> core::result::Result<(), String> {
    match check_tensor(&[shape.channels, shape.height, shape.width])? {
        0..=MAX_ACTIVATIONS => Ok(()),
        found => Err(format!(
            "{found} values a sample are more than the {MAX_ACTIVATIONS} allowed"
        )),
    }
}

/// Refuses windows of more than [`Window::MAX_VALUES`] values.
pub(super) fn check_window(window: Window) -> core::result::Result<(), String> {
    match window.area() {
        0..=Window::MAX_VALUES => Ok(()),
        found => Err(format!(
            "a pooling window of {found} values is more than the {} allowed: pool in two steps",
            Window::MAX_VALUES
        )),
    }
}
