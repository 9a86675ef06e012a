//! Operations in a steady state take their rows from those that others gave back.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{bootstrapping, numbers};
use nearfield_ckks::Params;
use nearfield_ckks::bootstrap::{Preset, SlotKind};

const LOG_DEGREE: u32 = 13;

/// Bytes of a row.
const ROW: u64 = 8 << LOG_DEGREE;

#[test]
fn bootstrapping_in_a_steady_state_asks_for_no_row() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build().unwrap().install(steady_bootstrapping);
}

fn steady_bootstrapping() {
    let params = Params::insecure(Preset::LEVELS_8.insecure_params(LOG_DEGREE)).unwrap();
    let (setting, bootstrapper) =
        bootstrapping(&params, Preset::bootstrap(LOG_DEGREE, SlotKind::Real));
    let a = setting.encrypt(&numbers(1 << (LOG_DEGREE - 1), 1), 3);
    let bootstrap = || bootstrapper.bootstrap(&a);
    // The first one stays; the rows of another are there for the next.
    let first = bootstrap().unwrap();
    drop(bootstrap().unwrap());
    let mut second = None;
    let info = allocation_counter::measure(|| second = Some(bootstrap().unwrap()));
    assert!(second.unwrap() == first);
    println!("{info:?}; a row has {ROW} bytes");
    // Lists of rows, and of what is multiplied, are all that is asked for: never a row's worth
    // at a time, of more than a thousand rows that a bootstrapping goes through.
    assert!(info.bytes_max < ROW, "{info:?}");
}
