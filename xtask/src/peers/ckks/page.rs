//! The sections of the page.

use super::candidate::Candidate;
use super::job::{Operation, STC_FIRST, Setup, Timed, Work};
use super::measure::{Measurement, Operations};
use super::{Options, Shape};
use crate::machine::machine_and_commit;
use crate::statistics::median;
use anyhow::Result;
use std::fmt::Write;

/// The operations of a shape, by the number of threads.
type ByThreads = Vec<(usize, Operations)>;

/// What two cores should be to one.
const TARGET_SCALING: f64 = 1.65;

/// The section on single operations.
pub(super) fn operations(measured: &[(Shape, ByThreads)], options: &Options) -> Result<String> {
    let mut text = String::from("## Comparison with OpenFHE: operations\n\n");
    let versions = measured
        .iter()
        .flat_map(|(_, by)| by)
        .map(|(_, found)| &found.setups[1]);
    generated(&mut text, options, versions.into_iter().next())?;
    writeln!(
        text,
        "{}, dense ternary secrets, three digits of hybrid key switching (`dnum`), {}. Random \
         numbers from -1 to 1 in all {} slots, encrypted under a public key; all at the highest \
         level. Both libraries are set up in processes of their own on the same cores and do each \
         operation interleaved, one warm-up run and one timed run; figures are medians of {} rounds, \
         ratios medians of the rounds' ratios. OpenFHE runs with FIXEDMANUAL, which does nothing \
         by itself and takes all scales as equal (`xtask/peers/openfhe_ckks.py`). \
         *bits*: of the mean error, and of the largest, by decryption after every operation; \
         OpenFHE's decryption adds noise of its own, and its encoding is read by way of an \
         encryption. Neither rescales after a product with a plaintext.",
        ring(options),
        security(options),
        slots(options),
        options.rounds
    )?;
    for (shape, by_threads) in measured {
        shape_of(&mut text, shape, by_threads)?;
    }
    Ok(text)
}

fn shape_of(text: &mut String, shape: &Shape, by_threads: &ByThreads) -> Result<()> {
    let mut name = shape.name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    writeln!(text, "\n### {name}\n")?;
    if let Some((_, found)) = by_threads.first() {
        let [ours, theirs] = &found.setups;
        let sizes = |setup: &Setup| {
            [setup.rotation_key_bytes, setup.relinearization_key_bytes].map(megabytes)
        };
        let ([our_rotation, our_square], [rotation, square]) = (sizes(ours), sizes(theirs));
        writeln!(
            text,
            "Ours: {}; OpenFHE: {}. Keys for one rotation and for products: {our_rotation} and \
             {our_square}; OpenFHE's {rotation} and {square}, serialized.\n",
            chain(ours),
            chain(theirs)
        )?;
    }
    text.push_str(
        "| | cores | ours, ms | OpenFHE, ms | OpenFHE / ours | bits: ours | OpenFHE |\n\
         |---|---|---|---|---|---|---|\n",
    );
    operation_rows(text, by_threads)?;
    let peaks = by_threads.iter().map(|(threads, found)| {
        let [ours, theirs] = found.ends.map(|end| megabytes(end.peak_bytes));
        format!("{ours} and {theirs} on {}", cores(*threads))
    });
    let peaks: Vec<String> = peaks.collect();
    writeln!(
        text,
        "\nPeak memory, ours and OpenFHE's: {}.",
        peaks.join(", ")
    )?;
    text.push_str(&scaling(by_threads)?);
    Ok(())
}

fn operation_rows(text: &mut String, by_threads: &ByThreads) -> Result<()> {
    for (index, operation) in Operation::SINGLE.into_iter().enumerate() {
        for (threads, found) in by_threads {
            let [ours, theirs] = &found.timed[index];
            let ratios = ours.iter().zip(theirs);
            let ratios = ratios.map(|(ours, theirs)| theirs.milliseconds / ours.milliseconds);
            writeln!(
                text,
                "| {} | {threads} | {} | {} | {:.2} | {} | {} |",
                operation.name(),
                milliseconds(ours),
                milliseconds(theirs),
                median(ratios),
                bits(ours),
                bits(theirs)
            )?;
        }
    }
    Ok(())
}

/// What a second core adds to the operations that count.
fn scaling(by_threads: &ByThreads) -> Result<String> {
    let of = |count: usize| by_threads.iter().find(|(threads, _)| *threads == count);
    let (Some((_, one)), Some((_, two))) = (of(1), of(2)) else {
        return Ok(String::new());
    };
    let mut text = String::new();
    for (who, name) in ["ours", "OpenFHE's"].into_iter().enumerate() {
        let part = |operation: Operation| {
            let index = Operation::SINGLE.iter().position(|&at| at == operation);
            let time = |found: &Operations| {
                let timed = index.map(|index| found.timed[index][who].iter());
                median(timed.into_iter().flatten().map(|timed| timed.milliseconds))
            };
            format!("{} {:.2}", operation.word(), time(one) / time(two))
        };
        let parts = [Operation::Rotate, Operation::Multiply]
            .map(part)
            .join(", ");
        let target = if who == 0 {
            format!(" (target: {TARGET_SCALING})")
        } else {
            String::new()
        };
        let separator = if who == 0 {
            "\nTwo cores against one, "
        } else {
            "; "
        };
        write!(text, "{separator}{name}: {parts}{target}")?;
    }
    text.push_str(".\n");
    Ok(text)
}

/// The section on bootstrapping.
pub(super) fn bootstraps(measured: &[Measurement], options: &Options) -> Result<String> {
    let mut text = String::from("## Comparison with OpenFHE: bootstrapping\n\n");
    let theirs = |found: &&Measurement| found.candidate == Candidate::OpenFhe;
    let rounds = measured
        .iter()
        .filter(theirs)
        .flat_map(|found| &found.rounds);
    generated(&mut text, options, rounds.map(|round| &round.setup).next())?;
    writeln!(
        text,
        "{}, {}. All {} slots, random numbers from -1 to 1, encrypted under a public key; dense \
         ternary secrets with sparse encapsulation (OpenFHE: SPARSE_ENCAPSULATED), three levels \
         for each of both transforms. *levels*: rescalings from one bootstrapping to the next. \
         *slots first*: slots to coefficients before the modulus is raised; *ordinary*: after. \
         Ours takes real slots, OpenFHE has complex ones, with FLEXIBLEAUTO (the other techniques \
         refuse, or leave fewer bits), as long a first prime as that takes, and the longest scale that 128 \
         bits of security allow at its number of digits. Each bootstraps in a process of its own, \
         interleaved on the same cores: one warm-up run, then two timed ones, {} processes each. \
         Figures are medians. *keys* and *encoded* (matrices and constants encoded beforehand): \
         OpenFHE's by the memory that making them added.\n",
        ring(options),
        security(options),
        slots(options),
        options.bootstrap_rounds
    )?;
    text.push_str(
        "| levels | | cores | seconds | times ours | bits: mean | worst | primes, log Q | scale | digits | keys | encoded | peak memory |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for found in measured {
        bootstrap_row(&mut text, found, measured)?;
    }
    bootstrap_scaling(&mut text, measured)?;
    Ok(text)
}

fn bootstrap_row(text: &mut String, found: &Measurement, all: &[Measurement]) -> Result<()> {
    let Some(last) = found.rounds.last() else {
        return Ok(());
    };
    let (name, levels) = name(found);
    let timed = || found.rounds.iter().flat_map(|round| &round.timed);
    let peak = found.rounds.iter().map(|round| round.end.peak_bytes).max();
    let setup = &last.setup;
    writeln!(
        text,
        "| {levels} | {name} | {} | {:.2} | {} | {:.1} | {:.1} | {}, {:.0} | 2^{} | {} | {} | {} | {} |",
        found.threads,
        seconds(found),
        times_ours(found, all),
        median(timed().map(|timed| timed.mean_bits)),
        median(timed().map(|timed| timed.worst_bits)),
        setup.primes,
        setup.log_modulus,
        setup.scale_bits,
        setup.digits,
        megabytes(setup.key_bytes),
        megabytes(setup.matrix_bytes),
        megabytes(peak.unwrap_or(0)),
    )?;
    Ok(())
}

fn name(found: &Measurement) -> (String, usize) {
    match &found.work {
        Work::Bootstrap {
            variant, levels, ..
        } => {
            let variant = if variant == STC_FIRST {
                "slots first"
            } else {
                "ordinary"
            };
            (format!("{}, {variant}", found.candidate.name()), *levels)
        }
        Work::Operations { .. } => (found.candidate.name().to_owned(), 0),
    }
}

/// A time over ours of as many levels on as many cores: the median of the rounds'.
fn times_ours(found: &Measurement, all: &[Measurement]) -> String {
    let same = |other: &&Measurement| {
        other.candidate == Candidate::Ours
            && other.threads == found.threads
            && name(other).1 == name(found).1
    };
    let Some(ours) = all.iter().find(same) else {
        return "-".to_owned();
    };
    let time = |timed: &[Timed]| median(timed.iter().map(|timed| timed.milliseconds));
    let rounds = found.rounds.iter().zip(&ours.rounds);
    let ratios = rounds.map(|(found, ours)| time(&found.timed) / time(&ours.timed));
    format!("{:.2}", median(ratios))
}

fn seconds(found: &Measurement) -> f64 {
    let timed = found.rounds.iter().flat_map(|round| &round.timed);
    median(timed.map(|timed| timed.milliseconds / 1e3))
}

fn bootstrap_scaling(text: &mut String, measured: &[Measurement]) -> Result<()> {
    let parts = measured.iter().filter(|found| found.threads == 2);
    let parts = parts.filter_map(|two| {
        let same = |one: &&Measurement| one.threads == 1 && name(one) == name(two);
        let one = measured.iter().find(same)?;
        let (name, levels) = name(two);
        let gain = seconds(one) / seconds(two);
        Some(format!("{name}, {levels} levels: {gain:.2}"))
    });
    let parts: Vec<String> = parts.collect();
    if !parts.is_empty() {
        writeln!(text, "\nTwo cores against one: {}.", parts.join("; "))?;
    }
    Ok(())
}

fn generated(text: &mut String, options: &Options, theirs: Option<&Setup>) -> Result<()> {
    writeln!(
        text,
        "Generated by `{}`, with OpenFHE {} from PyPI. {}\n",
        options.command(),
        theirs.map_or("-", |setup| &setup.version),
        machine_and_commit()
    )?;
    Ok(())
}

fn ring(options: &Options) -> String {
    let log_degree = options.insecure_log_degree.unwrap_or(super::LOG_DEGREE);
    format!("Degree 2^{log_degree}")
}

fn slots(options: &Options) -> u64 {
    1 << (options.insecure_log_degree.unwrap_or(super::LOG_DEGREE) - 1)
}

fn security(options: &Options) -> &'static str {
    match options.insecure_log_degree {
        None => "128 bits of security (OpenFHE: HEStd_128_classic)",
        Some(_) => "**no security: a trial**",
    }
}

fn chain(setup: &Setup) -> String {
    format!(
        "{} primes, log Q {:.0}, scale 2^{}",
        setup.primes, setup.log_modulus, setup.scale_bits
    )
}

fn cores(threads: usize) -> &'static str {
    if threads == 1 {
        "one core"
    } else {
        "two cores"
    }
}

fn milliseconds(timed: &[Timed]) -> String {
    let middle = median(timed.iter().map(|timed| timed.milliseconds));
    if middle < 10.0 {
        format!("{middle:.2}")
    } else {
        format!("{middle:.1}")
    }
}

fn bits(timed: &[Timed]) -> String {
    let mean = median(timed.iter().map(|timed| timed.mean_bits));
    let worst = median(timed.iter().map(|timed| timed.worst_bits));
    format!("{mean:.1}, {worst:.1}")
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: u64) -> String {
    if bytes < 10_000_000_000 {
        format!("{} MB", bytes / 1_000_000)
    } else {
        format!("{:.1} GB", bytes as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::super::job::{End, ORDINARY};
    use super::super::measure::Round;
    use super::super::{shapes, tests::options};
    use super::*;

    fn timed(milliseconds: f64) -> Timed {
        Timed {
            milliseconds,
            mean_bits: 20.04,
            worst_bits: 16.0,
        }
    }

    fn setup(version: &str) -> Setup {
        Setup {
            version: version.into(),
            primes: 31,
            log_modulus: 1250.0,
            scale_bits: 40,
            digits: 3,
            rotation_key_bytes: 120_000_000,
            ..Setup::default()
        }
    }

    const END: End = End {
        peak_bytes: 11_540_000_000,
    };

    fn some_operations(ours: [f64; 3], theirs: [f64; 3]) -> Operations {
        let rounds = [ours, theirs].map(|times| times.map(timed).to_vec());
        Operations {
            setups: [setup("0.1.0"), setup("1.6")],
            ends: [END, END],
            timed: vec![rounds; Operation::SINGLE.len()],
        }
    }

    #[test]
    fn ratios_are_medians_of_the_rounds() {
        let by_threads = vec![
            (1, some_operations([10.0, 20.0, 5.0], [30.0, 40.0, 25.0])),
            (2, some_operations([5.0, 5.0, 5.0], [20.0, 20.0, 20.0])),
        ];
        let [shape, ..] = shapes();
        let text = operations(&[(shape, by_threads)], &options()).unwrap();
        assert!(
            text.starts_with("## Comparison with OpenFHE: operations\n\nGenerated by `cargo xtask")
        );
        assert!(text.contains("with OpenFHE 1.6 from PyPI"));
        let row = "| rotate | 1 | 10.0 | 30.0 | 3.00 | 20.0, 16.0 | 20.0, 16.0 |\n";
        assert!(text.contains(row), "{text}");
        assert!(
            text.contains("| rotate | 2 | 5.00 | 20.0 | 4.00 |"),
            "{text}"
        );
        assert!(
            text.contains(
                "ours: rotate 2.00, multiply 2.00 (target: 1.65); OpenFHE's: rotate 1.50"
            )
        );
        assert!(text.contains("11.5 GB and 11.5 GB on one core"));
        assert_eq!(text.matches("\n## ").count(), 0, "one section");
    }

    fn bootstrap(candidate: Candidate, variant: &str, threads: usize, ms: f64) -> Measurement {
        let round = Round {
            setup: setup("1.6"),
            end: END,
            timed: vec![timed(ms), timed(ms)],
        };
        Measurement {
            candidate,
            work: Work::Bootstrap {
                variant: variant.into(),
                levels: 8,
                digits: 3,
            },
            threads,
            rounds: vec![round.clone(), round],
        }
    }

    #[test]
    fn bootstraps_are_compared_with_ours_on_as_many_cores() {
        let all = [
            bootstrap(Candidate::Ours, STC_FIRST, 1, 2000.0),
            bootstrap(Candidate::OpenFhe, ORDINARY, 1, 21_000.0),
            bootstrap(Candidate::Ours, STC_FIRST, 2, 1000.0),
            bootstrap(Candidate::OpenFhe, ORDINARY, 2, 12_000.0),
        ];
        let text = bootstraps(&all, &options()).unwrap();
        let row = "| 8 | ours, slots first | 1 | 2.00 | 1.00 | 20.0 | 16.0 | 31, 1250 | 2^40 |";
        assert!(text.contains(row), "{text}");
        assert!(
            text.contains("| 8 | OpenFHE, ordinary | 1 | 21.00 | 10.50 |"),
            "{text}"
        );
        assert!(
            text.contains("| 8 | OpenFHE, ordinary | 2 | 12.00 | 12.00 |"),
            "{text}"
        );
        assert!(
            text.contains("ours, slots first, 8 levels: 2.00; OpenFHE, ordinary, 8 levels: 1.75.")
        );
        let alone = bootstraps(&all[1..2], &options()).unwrap();
        assert!(alone.contains("| 21.00 | - |"), "{alone}");
    }

    #[test]
    fn trials_say_that_they_are_not_safe() {
        let mut options = options();
        options.insecure_log_degree = Some(12);
        let text = operations(&[], &options).unwrap();
        assert!(text.contains("Degree 2^12") && text.contains("**no security: a trial**"));
    }
}
