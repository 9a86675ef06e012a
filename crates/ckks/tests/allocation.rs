//! Operations in a steady state reuse the rows of earlier ones.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{bootstrapping, numbers};
use nearfield_ckks::Params;
use nearfield_ckks::bootstrap::{Preset, SlotKind};

const LOG_DEGREE: u32 = 13;

/// Bytes of a row.
const ROW: u64 = 8 << LOG_DEGREE;

#[test]
fn bootstrapping_in_a_steady_state_allocates_no_row() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build().unwrap().install(steady_bootstrapping);
}

fn steady_bootstrapping() {
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(LOG_DEGREE)).unwrap();
    let (setting, bootstrapper) =
        bootstrapping(&params, Preset::bootstrap(LOG_DEGREE, SlotKind::Real));
    let a = setting.encrypt(&numbers(1 << (LOG_DEGREE - 1), 1), 3);
    let bootstrap = || bootstrapper.bootstrap(&a);
    // The first result is kept; the rows of the second are free for the third.
    let first = bootstrap().unwrap();
    drop(bootstrap().unwrap());
    let mut second = None;
    let info = allocation_counter::measure(|| second = Some(bootstrap().unwrap()));
    assert!(second.unwrap() == first);
    println!("{info:?}; a row has {ROW} bytes");
    // Only lists of rows and of operands are allocated, which together are smaller than one of the
    // more than a thousand rows that a bootstrapping computes.
    assert!(info.bytes_max < ROW, "{info:?}");
}
