//! Rounds.

use super::candidate::{Candidate, Ready};
use super::job::{End, Operation, Setup, Timed, Work};
use anyhow::Result;
use std::time::Duration;

/// Timed bootstraps of a process, after one warm-up run.
const BOOTSTRAPS: usize = 2;

/// A pause before each timed run: threads that wait for work take it busily for
/// some milliseconds.
const PAUSE: Duration = Duration::from_millis(100);

/// The operations of both candidates, ours first.
#[derive(Clone, Debug)]
pub(super) struct Operations {
    pub(super) setups: [Setup; 2],
    pub(super) ends: [End; 2],
    /// `[operation][candidate][round]`, operations as [`Operation::SINGLE`] has them.
    pub(super) timed: Vec<[Vec<Timed>; 2]>,
}

/// The bootstrapping of one candidate on some cores.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    pub(super) candidate: Candidate,
    pub(super) work: Work,
    pub(super) threads: usize,
    pub(super) rounds: Vec<Round>,
}

/// One process of it.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) setup: Setup,
    pub(super) end: End,
    pub(super) timed: Vec<Timed>,
}

/// Times all operations, in each round once after a warm-up run; the first round is one
/// too.
///
/// # Errors
/// If a process fails, or a result is wrong.
pub(super) fn operations(mut pair: [Ready; 2], rounds: usize) -> Result<Operations> {
    let mut timed = vec![[Vec::new(), Vec::new()]; Operation::SINGLE.len()];
    for round in 0..=rounds {
        eprintln!("round {round} of {rounds}{}", warming(round));
        for (operation, timed) in Operation::SINGLE.into_iter().zip(&mut timed) {
            for who in order(round) {
                std::thread::sleep(PAUSE);
                // After the pause, other threads take a while to wake up.
                pair[who].time(operation)?;
                let found = pair[who].time(operation)?;
                if round > 0 {
                    timed[who].push(found);
                }
            }
        }
    }
    let setups = [pair[0].setup.clone(), pair[1].setup.clone()];
    let [ours, theirs] = pair;
    Ok(Operations {
        setups,
        ends: [ours.end()?, theirs.end()?],
        timed,
    })
}

fn warming(round: usize) -> &'static str {
    if round == 0 { ", a warm-up" } else { "" }
}

/// Who comes first changes from round to round.
fn order(round: usize) -> [usize; 2] {
    [round % 2, 1 - round % 2]
}

/// Lets each bootstrap in a process of its own, interleaved: two at a time are too large for many
/// machines.
///
/// # Errors
/// If a process fails, or a result is wrong.
pub(super) fn processes(
    all: &[(Candidate, Work)],
    threads: usize,
    rounds: usize,
    start: &impl Fn(Candidate, usize, &Work) -> Result<Ready>,
) -> Result<Vec<Measurement>> {
    let none = |(candidate, work): &(Candidate, Work)| Measurement {
        candidate: *candidate,
        work: work.clone(),
        threads,
        rounds: Vec::new(),
    };
    let mut found: Vec<Measurement> = all.iter().map(none).collect();
    for round in 1..=rounds {
        eprintln!("bootstrapping on {threads}, round {round} of {rounds}");
        for found in &mut found {
            let mut ready = start(found.candidate, threads, &found.work)?;
            ready.time(Operation::Bootstrap)?;
            let timed = (0..BOOTSTRAPS).map(|_| ready.time(Operation::Bootstrap));
            let timed = timed.collect::<Result<_>>()?;
            let setup = ready.setup.clone();
            let end = ready.end()?;
            found.rounds.push(Round { setup, end, timed });
        }
    }
    Ok(found)
}
