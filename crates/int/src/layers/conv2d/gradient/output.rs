//! The gradient at the outputs of a convolution.

/// The gradient at the outputs of a convolution, as far as there is any.
pub(crate) trait OutputGradient: Sync {
    /// Output positions that are visited at most, of one filter in one sample.
    fn positions(&self) -> usize;

    /// Calls `visit(position, gradient)` for each output position of one filter in one sample
    /// that may have a gradient.
    fn visit(&self, sample: usize, filter: usize, visit: impl FnMut(usize, i32));
}
