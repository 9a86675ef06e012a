//! The command line: which commands there are, and what each takes.

mod encrypted;
mod integer;
mod refusal;

pub(crate) use encrypted::{
    CompareArguments, DecryptArguments, DemoArguments, EncryptArguments, EncryptedArguments,
    EncryptedCommand, EvalModelArguments, FolderArguments, InferArguments, KeygenArguments,
    PlanArguments, ServeArguments, TwinArguments,
};
pub(crate) use integer::{
    EvalArguments, InspectArguments, LimitArguments, PredictArguments, ReportArguments,
    ResumeArguments, SampleArguments, TrainArguments,
};

use clap::{CommandFactory, Parser, Subcommand};

/// Trains neural networks with integers only, exactly and repeatably, or on encrypted data.
///
/// Every block of a network has its own small classifier and learns from it alone; no gradient
/// crosses a block.
///
/// With integers (NITRO-D, arXiv 2407.11698) the same seed gives the same weights, bit for bit,
/// for any number of threads and every instruction set. Begin with `nearfield train`: it trains a
/// small network on digits embedded in the binary, and leaves a run folder with the model and a
/// report.
///
/// On encrypted data (ReBoot, arXiv 2506.19693) a server trains a network and can read neither
/// samples nor weights. Begin with `nearfield encrypted demo`.
#[derive(Debug, Parser)]
#[command(
    name = "nearfield",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0    done, or nobody reads the output any more (as with `| head -1`)
  1    it failed; standard error says why
  2    the command line is wrong
  130  stopped (Ctrl-C); the training can be continued from there

Environment:
  NEARFIELD_KERNELS  the instruction set to run on: portable, avx2 or avx512
                     [default: the fastest one of this processor]"
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON on standard output instead of text: one object a line.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Arguments {
    /// Reads the command line; where it is wrong or asks for help, says so and ends the program.
    pub(crate) fn read() -> Self {
        Arguments::try_parse()
            .unwrap_or_else(|error| refusal::explain(error, &mut Arguments::command()).exit())
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network; without arguments, a small one on the embedded digits.
    Train(TrainArguments),
    /// Continue a run that was stopped, exactly from its last checkpoint.
    Resume(ResumeArguments),
    /// Measure a model's accuracy, at its output and at every early exit.
    Eval(EvalArguments),
    /// Predict the classes of samples, as CSV.
    Predict(PredictArguments),
    /// Show a network's layers, costs and integer ranges before training, or a model's after.
    Inspect(InspectArguments),
    /// Write the report of a run folder again.
    Report(ReportArguments),
    /// Train on encrypted data: what the owner of the data does, and what the server does.
    Encrypted(EncryptedArguments),
}

impl Command {
    /// Threads to work on, where the command line names a number.
    pub(crate) fn threads(&self) -> Option<usize> {
        match self {
            Command::Train(arguments) => arguments.limits.threads,
            Command::Resume(arguments) => arguments.limits.threads,
            Command::Eval(arguments) => arguments.samples.threads,
            Command::Predict(arguments) => arguments.samples.threads,
            Command::Inspect(_) | Command::Report(_) => None,
            Command::Encrypted(arguments) => arguments.threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
