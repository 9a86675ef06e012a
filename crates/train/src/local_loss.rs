//! One step of training by local losses: the algorithm both systems share.
//!
//! A block computes its output, learns at once from its own head, passes its output on and
//! forgets the rest. Nothing later changes what an earlier block has seen, so learning before
//! the next block runs gives the same weights as learning last to first, and the activations
//! of one block only are alive.

use alloc::vec::Vec;

/// Forward layers with the local classifier that provides their training signal.
///
/// What a block keeps between its forward pass and the end of its learning is in the pass that
/// [`Block::forward`] returns, and nowhere else: a block cannot learn without one, and
/// [`Block::pass_on`] consumes it.
///
/// # Source
/// NITRO-D (arXiv 2407.11698) section 3; ReBoot (arXiv 2506.19693) section 4.
pub trait Block {
    /// A batch of activations, in whatever form the arithmetic keeps it.
    type Activations;
    /// What learning and the next block need of a forward pass.
    type Pass;
    /// The labels of a batch.
    type Targets: ?Sized;
    /// What holds for one step: learning rate and the like.
    type Settings;
    /// What was learned. Integers: counts, for the weights are already updated; ciphertexts:
    /// gradients, with which all weights are updated after the last block.
    type Learned;
    /// Why the arithmetic may fail, where it can.
    type Error;

    /// Computes the block's output.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn forward(
        &self,
        input: Self::Activations,
        settings: &Self::Settings,
    ) -> Result<Self::Pass, Self::Error>;

    /// Predicts with the head, compares with `targets`, and forms the gradients of head and
    /// forward layers. None is returned for the block before: the gradient stops here.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn learn(
        &mut self,
        pass: &mut Self::Pass,
        targets: &Self::Targets,
        settings: &Self::Settings,
    ) -> Result<Self::Learned, Self::Error>;

    /// The activations that the next block takes.
    ///
    /// # Errors
    /// If the arithmetic fails.
    fn pass_on(
        &self,
        pass: Self::Pass,
        settings: &Self::Settings,
    ) -> Result<Self::Activations, Self::Error>;
}

/// One training step of a row of blocks on one batch. Appends what each block learned to
/// `learned`, first block first, and returns what the last block passes on.
///
/// # Errors
/// If the arithmetic fails; then some blocks have learned and others have not.
pub fn train_blocks<B: Block>(
    blocks: &mut [B],
    input: B::Activations,
    targets: &B::Targets,
    settings: &B::Settings,
    learned: &mut Vec<B::Learned>,
) -> Result<B::Activations, B::Error> {
    let mut activations = input;
    for block in blocks {
        let mut pass = block.forward(activations, settings)?;
        learned.push(block.learn(&mut pass, targets, settings)?);
        activations = block.pass_on(pass, settings)?;
    }
    Ok(activations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;
    use core::cell::RefCell;

    struct Named<'a>(&'a str, &'a RefCell<String>);

    impl Named<'_> {
        fn log(&self, what: &str) {
            let mut log = self.1.borrow_mut();
            log.push_str(self.0);
            log.push_str(what);
        }
    }

    impl<'a> Block for Named<'a> {
        type Activations = u32;
        type Pass = u32;
        type Targets = ();
        type Settings = ();
        type Learned = &'a str;
        type Error = &'static str;

        fn forward(&self, input: u32, (): &()) -> Result<u32, Self::Error> {
            self.log("f ");
            Ok(input)
        }

        fn learn(&mut self, _: &mut u32, (): &(), (): &()) -> Result<&'a str, Self::Error> {
            self.log("l ");
            match self.0 {
                "bad" => Err("no key"),
                name => Ok(name),
            }
        }

        fn pass_on(&self, pass: u32, (): &()) -> Result<u32, Self::Error> {
            self.log("p ");
            Ok(pass + 1)
        }
    }

    #[test]
    fn each_block_learns_before_the_next_one_runs() {
        let log = RefCell::new(String::new());
        let mut blocks = [Named("0", &log), Named("1", &log)];
        let mut learned = vec![];
        let output = train_blocks(&mut blocks, 7, &(), &(), &mut learned);
        assert_eq!(*log.borrow(), "0f 0l 0p 1f 1l 1p ");
        assert_eq!((output, learned), (Ok(9), vec!["0", "1"]));
    }

    #[test]
    fn a_failure_ends_the_step() {
        let log = RefCell::new(String::new());
        let mut blocks = [Named("bad", &log), Named("1", &log)];
        let failed = train_blocks(&mut blocks, 7, &(), &(), &mut vec![]);
        assert_eq!(failed, Err("no key"));
        assert_eq!(*log.borrow(), "badf badl ");
    }
}
