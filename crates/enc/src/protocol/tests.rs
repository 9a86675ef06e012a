//! Predictions of time, memory and precision, compared with measurements; and the figures behind
//! the choice of a layout.

use super::cost::{self, WORK, Work};
use super::estimate::expected_bits;
use super::{StepPlan, Task};
use crate::{Layout, NetworkSpec, RateSpec};
use nearfield_ckks::bootstrap::{Preset, SlotKind};
use std::collections::BTreeMap;
use std::path::Path;

/// A row of the table "Encrypted training: a step".
struct Row {
    network: NetworkSpec,
    iterated: bool,
    batch: usize,
    steps: u64,
    seconds: f64,
    planned_seconds: f64,
    gigabytes: f64,
    planned_gigabytes: f64,
    /// Mean bits of precision of weights.
    bits: f64,
}

/// The rows of the generated table; none where the crate is built outside its repository.
fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let Ok(page) = std::fs::read_to_string(path) else {
        return Vec::new();
    };
    let (_, section) = page
        .split_once("## Encrypted training: a step\n")
        .expect("the section");
    let lines = section.lines().skip_while(|line| !line.starts_with("|---"));
    let lines = lines.skip(1).take_while(|line| line.starts_with('|'));
    let rows: Vec<Row> = lines.map(row).collect();
    assert!(!rows.is_empty());
    rows
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let number = |cell: usize| -> f64 {
        let number = cells[cell].trim_end_matches(" GB").split(',').next();
        number.and_then(|text| text.parse().ok()).expect(line)
    };
    let (network, iterated) = match cells[1].strip_suffix(", iterated") {
        Some(network) => (network, true),
        None => (cells[1], false),
    };
    let sizes: Vec<usize> = network
        .split('-')
        .map(|size| size.parse().expect(line))
        .collect();
    let (features, hidden) = (sizes[0], sizes[1..sizes.len() - 1].to_vec());
    Row {
        network: NetworkSpec::new(features, hidden, sizes[sizes.len() - 1]).expect(line),
        iterated,
        batch: cells[2].parse().expect(line),
        steps: cells[3].parse().expect(line),
        seconds: number(4),
        planned_seconds: number(5),
        gigabytes: number(9),
        planned_gigabytes: number(10),
        bits: number(13),
    }
}

fn task(row: &Row) -> Task {
    Task {
        version: Task::VERSION,
        name: String::new(),
        features: row.network.features(),
        hidden: row.network.hidden().to_vec(),
        classes: row.network.classes(),
        batch: row.batch,
        batches: 1,
        steps: row.steps,
        order_seed: 0,
        training: RateSpec::constant(0.0005),
        // The default of run files, which the measured ones keep.
        weight_range: 1.0,
        velocity_range: 256.0,
        iterated: row.iterated,
        rows: 0,
        levels: 0,
        log_degree: 16,
        insecure: false,
    }
}

fn assert_within(found: f64, expected: f64, share: f64, what: &str) {
    let ratio = found / expected;
    assert!(
        (1.0 - share..=1.0 + share).contains(&ratio),
        "{what}: {found} is not within {share} of {expected}"
    );
}

#[test]
fn predicted_times_and_memory_are_near_the_measured_ones() {
    for row in rows() {
        let name = format!("{}, batch {}", row.network, row.batch);
        assert_within(row.planned_seconds, row.seconds, 0.2, &name);
        assert_within(row.planned_gigabytes, row.gigabytes, 0.1, &name);
    }
}

#[test]
fn expected_bits_are_within_one_of_the_measured_ones() {
    for row in rows() {
        let bits = expected_bits(&task(&row));
        assert!((bits - row.bits).abs() < 1.0, "{}: {bits}", row.network);
    }
}

#[test]
fn the_figures_of_the_cost_model_are_those_of_the_presets() {
    let bootstrap = Preset::bootstrap(16, SlotKind::Real);
    assert_eq!(bootstrap.slots_to_coeffs_levels, cost::BOOTSTRAP_LEVELS);
    let chain = Preset::LEVELS_8.params().chain_bits.len();
    let highest = WORK.key_switch(chain - cost::BOOTSTRAP_LEVELS - 1);
    let refresh = cost::REFRESH_KEY_SWITCHES * highest;
    assert_within(WORK.refresh, refresh, 0.25, "a refresh");
    let pair = cost::PAIR_REFRESH_KEY_SWITCHES * highest;
    assert_within(WORK.pair_refresh, pair, 0.25, "the refresh of a pair");
}

/// All layouts of a row's network, with their plans.
fn plans(row: &Row) -> Vec<(Layout, StepPlan)> {
    let rates = RateSpec::constant(0.0005).at(0);
    let layouts = Layout::all(&row.network, 1 << 15).expect("layouts");
    let plans = layouts.into_iter().map(|layout| {
        let plan = StepPlan::new(&layout, row.batch, &rates).expect("a plan");
        (layout, plan)
    });
    plans.collect()
}

/// Rows of the grid that a cost model chooses.
fn chosen(plans: &[(Layout, StepPlan)], work: &Work) -> usize {
    let cheapest = plans.iter().min_by(|(_, a), (_, b)| {
        let work = |plan: &StepPlan| cost::work(&plan.counts, work);
        work(a).total_cmp(&work(b))
    });
    cheapest.expect("a layout").0.grid().rows()
}

#[test]
fn rough_figures_choose_the_same_layouts() {
    let mut seen = BTreeMap::new();
    for row in rows() {
        seen.insert((row.network.to_string(), row.batch), row);
    }
    for row in seen.values() {
        let plans = plans(row);
        let rows = chosen(&plans, &WORK);
        let name = format!("{}, batch {}", row.network, row.batch);
        let preset = Preset::with_levels(plans[0].1.levels).expect("a preset");
        #[allow(clippy::cast_precision_loss, reason = "some primes")]
        let counted = Work {
            special_primes: preset.params().special_bits.len() as f64,
            ..WORK
        };
        assert_eq!(chosen(&plans, &counted), rows, "{name}: {counted:?}");
        for factor in [0.5, 2.0] {
            let refresh = Work {
                refresh: factor * WORK.refresh,
                pair_refresh: factor * WORK.pair_refresh,
                ..WORK
            };
            let product = Work {
                product: factor * WORK.product,
                ..WORK
            };
            let hoisted = Work {
                hoisted_rotation: factor * WORK.hoisted_rotation,
                ..WORK
            };
            for work in [refresh, product, hoisted] {
                assert_eq!(chosen(&plans, &work), rows, "{name}: {work:?}");
            }
        }
    }
}
