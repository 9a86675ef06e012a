//! Reading and writing keys takes the memory of the keys, once.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::insecure_spec;
use nearfield_ckks::file::{KeyFile, KeyWriter, ServerKeys};
use nearfield_ckks::{Galois, KeyList, Params, SecretKey, Stored};

/// Rotations by 1 to this.
const ROTATIONS: isize = 8;

/// Memory that reading may take relative to the keys: padding of rows, which is an eighth in so
/// small a ring, the bytes of a row, and tables of automorphisms.
const MARGIN: f64 = 1.25;

/// Runs an operation on one thread, whose memory is counted.
fn on_one_thread(operation: impl FnOnce() + Send) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build().unwrap().install(operation);
}

#[test]
fn neither_side_holds_two_copies_of_the_keys() {
    on_one_thread(count_copies);
}

fn count_copies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    // Separate parameters for each, since a ring keeps the memory of rows.
    let params = || Params::insecure(insecure_spec(12)).unwrap();
    let writing = params();
    let secret = SecretKey::generate(&writing).unwrap();
    let mut list = KeyList::none(&writing);
    (1..=ROTATIONS).for_each(|steps| list.add_galois(Galois::Rotation(steps), 5));
    let write = allocation_counter::measure(|| {
        let mut writer = KeyWriter::create(&path, &writing).unwrap();
        writer.add(&secret, &list).unwrap();
        writer.commit().unwrap();
    });
    let streamed = params();
    let stream = allocation_counter::measure(|| drop(ServerKeys::load(&path, &streamed).unwrap()));
    let mapped = params();
    let mut bytes = 0;
    let map = allocation_counter::measure(|| {
        let file = KeyFile::open(&path, &mapped).unwrap();
        bytes = file.read_all().unwrap().evaluation.bytes();
    });
    let share = |info: &allocation_counter::AllocationInfo| info.bytes_max as f64 / bytes as f64;
    let [write, stream, map] = [write, stream, map].map(|info| share(&info));
    println!("of the keys' memory: writing {write:.2}, from a stream {stream:.2}, mapped {map:.2}");
    // One key, and a digit of it before it is packed.
    assert!(write < 2.5 / ROTATIONS as f64, "{write}");
    assert!(stream < MARGIN && map < MARGIN, "{stream} {map}");
}

#[test]
fn a_truncated_file_takes_the_memory_of_one_row() {
    let params = Params::insecure(insecure_spec(12)).unwrap();
    let secret = SecretKey::generate(&params).unwrap();
    let mut keys = ServerKeys::none(&params);
    keys.evaluation.add_relinearization(&secret, 5).unwrap();
    let mut bytes = Vec::new();
    keys.write(&mut bytes).unwrap();
    let fresh = Params::insecure(insecure_spec(12)).unwrap();
    let info = allocation_counter::measure(|| {
        ServerKeys::read(&bytes[..300], &fresh).unwrap_err();
    });
    // Memory for the bytes of one row.
    assert!(info.bytes_max < 4096 * 8, "{info:?}");
}
