//! One step of training by local losses: the algorithm both systems share.
//!
//! A block computes its output, learns at once from its own head, hands its output on and
//! forgets the rest. Nothing later changes what an earlier block has seen, so learning before
//! the next block runs gives the same weights as learning last to first, and the activations
//! of one block only are alive.

/// Forward layers with the head that teaches them, and the passage to the next block.
///
/// # Source
/// NITRO-D (arXiv 2407.11698) section 3; ReBoot (arXiv 2506.19693) section 4.
pub trait Block {
    /// A batch of activations, in whatever form the arithmetic keeps it.
    type Activations;
    /// The labels of a batch.
    type Targets: ?Sized;
    /// What a step is made with: learning rate and whatever else holds for one step.
    type Settings;
    /// Why the arithmetic may fail, where it can.
    type Error;

    /// Computes the block's output and keeps what [`Block::learn`] will need.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn forward(
        &mut self,
        input: Self::Activations,
        settings: &Self::Settings,
    ) -> Result<(), Self::Error>;

    /// Predicts with the head, compares with `targets`, and corrects head and forward layers.
    /// It gives nothing back because the gradient stops here.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn learn(
        &mut self,
        targets: &Self::Targets,
        settings: &Self::Settings,
    ) -> Result<(), Self::Error>;

    /// Hands the output on to the next block and drops everything that `forward` kept.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn pass_on(&mut self, settings: &Self::Settings) -> Result<Self::Activations, Self::Error>;
}

/// The layer that gives the network's answer; it learns like a head and sends nothing back.
pub trait Output {
    /// As in [`Block::Activations`].
    type Activations;
    /// As in [`Block::Targets`].
    type Targets: ?Sized;
    /// As in [`Block::Settings`].
    type Settings;
    /// As in [`Block::Error`].
    type Error;

    /// Predicts, compares with `targets`, and corrects this layer.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn learn(
        &mut self,
        input: Self::Activations,
        targets: &Self::Targets,
        settings: &Self::Settings,
    ) -> Result<(), Self::Error>;
}

/// One training step of a row of blocks on one batch: what a network without an output layer of
/// its own is. Returns what the last block hands on.
///
/// # Errors
/// If the arithmetic fails; then some blocks have learned and others have not.
pub fn train_blocks<B: Block>(
    blocks: &mut [B],
    input: B::Activations,
    targets: &B::Targets,
    settings: &B::Settings,
) -> Result<B::Activations, B::Error> {
    let mut activations = input;
    for block in blocks {
        block.forward(activations, settings)?;
        block.learn(targets, settings)?;
        activations = block.pass_on(settings)?;
    }
    Ok(activations)
}

/// One training step of a whole network on one batch.
///
/// # Errors
/// As [`train_blocks`].
pub fn train_step<B, O>(
    blocks: &mut [B],
    output: &mut O,
    input: B::Activations,
    targets: &B::Targets,
    settings: &B::Settings,
) -> Result<(), B::Error>
where
    B: Block,
    O: Output<
            Activations = B::Activations,
            Targets = B::Targets,
            Settings = B::Settings,
            Error = B::Error,
        >,
{
    let activations = train_blocks(blocks, input, targets, settings)?;
    output.learn(activations, targets, settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use core::cell::RefCell;

    struct Named<'a>(&'a str, &'a RefCell<String>);

    impl Named<'_> {
        fn log(&self, what: &str) {
            let mut log = self.1.borrow_mut();
            log.push_str(self.0);
            log.push_str(what);
        }
    }

    impl Block for Named<'_> {
        type Activations = u32;
        type Targets = ();
        type Settings = ();
        type Error = &'static str;
        fn forward(&mut self, _: u32, (): &()) -> Result<(), Self::Error> {
            self.log("f ");
            Ok(())
        }
        fn learn(&mut self, (): &(), (): &()) -> Result<(), Self::Error> {
            self.log("l ");
            match self.0 {
                "bad" => Err("no key"),
                _ => Ok(()),
            }
        }
        fn pass_on(&mut self, (): &()) -> Result<u32, Self::Error> {
            self.log("p ");
            Ok(0)
        }
    }

    impl Output for Named<'_> {
        type Activations = u32;
        type Targets = ();
        type Settings = ();
        type Error = &'static str;
        fn learn(&mut self, _: u32, (): &(), (): &()) -> Result<(), Self::Error> {
            self.log("learns");
            Ok(())
        }
    }

    #[test]
    fn each_block_learns_before_the_next_one_runs() {
        let log = RefCell::new(String::new());
        let mut blocks = [Named("0", &log), Named("1", &log)];
        train_step(&mut blocks, &mut Named("out ", &log), 7, &(), &()).unwrap();
        assert_eq!(*log.borrow(), "0f 0l 0p 1f 1l 1p out learns");
    }

    #[test]
    fn a_failure_ends_the_step() {
        let log = RefCell::new(String::new());
        let mut blocks = [Named("bad", &log), Named("1", &log)];
        let failed = train_step(&mut blocks, &mut Named("out ", &log), 7, &(), &());
        assert_eq!(failed, Err("no key"));
        assert_eq!(*log.borrow(), "badf badl ");
    }
}
