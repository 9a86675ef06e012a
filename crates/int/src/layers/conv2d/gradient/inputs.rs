//! A batch of inputs, as gradients read it.

use crate::Aligned;
use crate::gemm::{in_line, to_planes};
use crate::kernel::{Contributions, Isa, PLANE, Window, Windows};
use crate::layers::conv2d::layer::ConvShape;
use crate::layers::images::{Frame, Images};
use crate::parallel::{self, PerThread};
use alloc::vec::Vec;
use core::ops::Range;

/// Columns of the gradient that are summed while rows of inputs stay in the second-level cache:
/// what the registers of the fastest kernels hold.
const COLUMNS: usize = 384;

/// Bytes of rows of inputs that are passed over at once.
const INPUT_BYTES: usize = 768 << 10;

/// Ways of the first-level cache that a plane may take, each of 64 lines; one in tests, so that there
/// is more than one group of samples.
const WAYS: usize = if cfg!(test) { 1 } else { 6 };

/// How the window of inputs under the kernel stands in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// As convolutions read them forward.
    Rows,
    /// Channels by 32, ordered by [`to_planes`].
    Planes,
}

impl Order {
    pub(super) fn of(frame: Frame) -> Self {
        if frame.depth.is_multiple_of(PLANE) {
            Order::Planes
        } else {
            Order::Rows
        }
    }
}

/// Samples whose inputs are passed over at once.
pub(super) fn samples_together(shape: ConvShape) -> usize {
    let frame = shape.frame();
    let pixels = frame.size() / frame.depth.max(1);
    match Order::of(frame) {
        Order::Planes => (WAYS / pixels.div_ceil(64)).max(1),
        Order::Rows => {
            let columns = COLUMNS.min(shape.span().length);
            let slab = size_of::<i16>() * pixels * columns;
            (INPUT_BYTES / slab.max(1)).clamp(1, 16)
        }
    }
}

/// Bytes that ordering the inputs takes on one thread.
pub(super) fn planned_order(frame: Frame) -> usize {
    match Order::of(frame) {
        Order::Planes => size_of::<i16>() * frame.size(),
        Order::Rows => 0,
    }
}

/// Contributions of some samples to the sums of some filters.
pub(super) struct Listed<'a> {
    pub(super) contributions: &'a Contributions,
    pub(super) samples: core::ops::Range<usize>,
    pub(super) filters: usize,
    /// Whether the sums are to be overwritten.
    pub(super) fresh: bool,
}

/// Inputs in their order, and where windows start in it.
pub(super) struct Inputs<'a> {
    values: &'a Aligned<i16>,
    frame: Frame,
    shape: ConvShape,
    order: Order,
    /// The pixel of a sample's frame with which the window of each output position begins.
    pixels: &'a [usize],
}

impl<'a> Inputs<'a> {
    /// Puts the inputs in their order.
    pub(super) fn new(
        images: &'a mut Images,
        shape: ConvShape,
        pixels: &'a [usize],
        spares: &PerThread<Vec<i16>>,
    ) -> Self {
        let (frame, order) = (images.frame, Order::of(images.frame));
        if let Order::Planes = order {
            // A value costs about as much as four products.
            let products = 4 * images.values.len();
            parallel::for_each_part(&mut images.values, frame.size(), products, |_, sample| {
                spares.lend(|spare| to_planes(sample, frame.depth, spare));
            });
        }
        Inputs {
            values: &images.values,
            frame,
            shape,
            order,
            pixels,
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.values.len() / self.frame.size()
    }

    pub(super) fn samples_together(&self) -> usize {
        samples_together(self.shape)
    }

    /// Where the window of an output position starts.
    pub(super) fn start(&self, sample: usize, position: usize) -> usize {
        let values = match self.order {
            Order::Rows => self.frame.depth,
            Order::Planes => PLANE,
        };
        sample * self.frame.size() + self.pixels[position] * values
    }

    /// A value of the window that starts there: of the weight with this index in its filter.
    pub(super) fn value(&self, start: usize, index: usize) -> i16 {
        let (depth, row) = (self.frame.depth, self.shape.kernel * self.frame.depth);
        self.values[match self.order {
            Order::Rows => start + index / row * self.frame.row() + index % row,
            Order::Planes => {
                let (pixel, channel) = (index / depth, index % depth);
                let (y, x) = (pixel / self.shape.kernel, pixel % self.shape.kernel);
                let line = y * self.frame.columns() + x;
                start + channel / PLANE * self.plane() + line * PLANE + in_line(channel % PLANE)
            }
        }]
    }

    /// Adds listed contributions to sums, group by group of samples: `each(group, add)` is to call
    /// `add(sums, part)` for each filter, with the part of the contributions that it has in the
    /// group.
    pub(super) fn add(
        &self,
        listed: &Listed<'_>,
        each: impl FnMut(usize, &mut dyn FnMut(&mut [i32], Range<usize>)),
    ) {
        match self.order {
            Order::Planes => self.add_planes(listed, each),
            Order::Rows => self.add_rows(listed, each),
        }
    }

    /// As [`Inputs::add`], plane by plane of channels.
    fn add_planes(
        &self,
        listed: &Listed<'_>,
        mut each: impl FnMut(usize, &mut dyn FnMut(&mut [i32], Range<usize>)),
    ) {
        let isa = Isa::current();
        let groups = listed.samples.len().div_ceil(self.samples_together());
        for plane in 0..self.frame.depth / PLANE {
            for group in 0..groups {
                let (next, at) = match group + 1 {
                    next if next < groups => (next, plane),
                    _ => (0, plane + 1),
                };
                let mut ahead = self.group(listed, next, at);
                each(group, &mut |sums, part| {
                    if let Some(lines) = ahead.next() {
                        isa.prefetch_far(lines);
                    }
                    let windows = Windows {
                        values: &self.values[plane * self.plane()..],
                        window: self.window(),
                        part: listed.contributions.part(part),
                    };
                    let sums = &mut sums[plane * PLANE..];
                    isa.add_windows(sums, windows, listed.fresh && group == 0);
                });
            }
        }
    }

    /// As [`Inputs::add`], some columns of a row of the kernel at a time.
    fn add_rows(
        &self,
        listed: &Listed<'_>,
        mut each: impl FnMut(usize, &mut dyn FnMut(&mut [i32], Range<usize>)),
    ) {
        let (isa, span) = (Isa::current(), self.shape.span());
        let groups = listed.samples.len().div_ceil(self.samples_together());
        for group in 0..groups {
            for run in 0..span.runs {
                for column in (0..span.length).step_by(COLUMNS) {
                    let count = COLUMNS.min(span.length - column);
                    let first = run * span.length + column;
                    each(group, &mut |sums, part| {
                        let sums = &mut sums[first..first + count];
                        if listed.fresh && group == 0 {
                            sums.fill(0);
                        }
                        let values = &self.values[run * span.stride + column..];
                        isa.add_contributions(sums, values, listed.contributions.part(part));
                    });
                }
            }
        }
    }

    /// A plane, if there is one, of a group of samples, in about as many parts as there are filters.
    fn group(
        &self,
        listed: &Listed<'_>,
        group: usize,
        plane: usize,
    ) -> impl Iterator<Item = &[i16]> + use<'_> {
        let (size, length) = (self.frame.size(), self.plane());
        let together = self.samples_together();
        let exists = plane * length < size;
        let first = listed.samples.start + group * together;
        let last = listed.samples.end.min(first + together);
        let part = (together * length / PLANE).div_ceil(listed.filters) * PLANE;
        (first..if exists { last } else { first }).flat_map(move |sample| {
            self.values[sample * size + plane * length..][..length].chunks(part)
        })
    }

    /// From a plane to the next.
    fn plane(&self) -> usize {
        self.frame.size() / self.frame.depth * PLANE
    }

    fn window(&self) -> Window {
        Window {
            side: self.shape.kernel,
            row: self.frame.columns() * PLANE,
            spread: self.frame.depth,
        }
    }
}
