//! Whether the settings of a run go together, and with its data.

use crate::integer::run::Run;
use crate::{Error, Result};
use nearfield_data::Dataset;
use nearfield_int::Plan;

/// Checks a run against its training data.
///
/// # Errors
/// [`Error::Setting`] with the first setting that is out of range or does not fit.
pub(crate) fn check(run: &Run, data: &Dataset) -> Result<()> {
    check_ranges(run)?;
    check_split(run)?;
    check_images(run, data)?;
    Plan::new(&run.spec(data.classes.len())?)?;
    Ok(())
}

fn require(holds: bool, setting: &'static str, problem: impl Into<String>) -> Result<()> {
    match holds {
        true => Ok(()),
        false => Err(Error::setting(setting, problem)),
    }
}

fn check_ranges(run: &Run) -> Result<()> {
    let training = &run.training;
    for (setting, is_zero) in [
        ("training.batch", training.batch == 0),
        ("training.epochs", training.epochs == 0),
        ("training.rate_inv", training.rate_inv == 0),
        ("training.rate_cut_factor", training.rate_cut_factor == 0),
        ("training.amplification", training.amplification == 0),
        ("preprocessing.samples", run.preprocessing.samples == 0),
    ] {
        require(!is_zero, setting, "is 0; give 1 or more")?;
    }
    let seed = i64::try_from(run.seed);
    require(seed.is_ok(), "seed", "give a number below 2^63")
}

fn check_split(run: &Run) -> Result<()> {
    let (validation, test) = (run.split.validation_percent, run.split.test_percent);
    require(
        validation < 100,
        "split.validation_percent",
        format!("is {validation}; give a number below 100"),
    )?;
    require(
        (1..100).contains(&test),
        "split.test_percent",
        format!("is {test}; give 1 to 99"),
    )?;
    require(
        run.training.decide_on_test || validation > 0,
        "split.validation_percent",
        "is 0, and without validation samples nothing can be decided: give 1 or more, or set \
         `training.decide_on_test = true` to decide on the test set",
    )
}

fn check_images(run: &Run, data: &Dataset) -> Result<()> {
    let shape = run.input()?;
    require(
        shape.features() == data.features(),
        "preprocessing.shape",
        format!(
            "{:?} does not fit samples of {} values",
            run.preprocessing.shape,
            data.features()
        ),
    )?;
    let is_image = shape.height > 1 || shape.width > 1;
    let padding = run.augmentation.crop_padding;
    require(
        is_image || (padding == 0 && !run.augmentation.flip),
        "augmentation",
        "only images can be cropped or flipped; leave this section out",
    )?;
    require(
        padding <= shape.height.max(shape.width),
        "augmentation.crop_padding",
        format!(
            "is {padding}, larger than the images of {} x {}",
            shape.height, shape.width
        ),
    )
}
