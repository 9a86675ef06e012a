//! The kernels on rows that every vector set has, said once.

/// Rows to be multiplied, the second one of each pair with every value standing for `run` of the
/// first, a power of two.
#[derive(Clone, Copy)]
pub(crate) struct Products<'a> {
    pub(crate) pairs: &'a [(&'a [u64], &'a [u64])],
    pub(crate) run: usize,
}

impl Products<'_> {
    /// # Panics
    /// If a row is not as long as it must be for sums of this length.
    pub(crate) fn check(self, length: usize) {
        assert!(self.run.is_power_of_two(), "runs of {}", self.run);
        for (a, b) in self.pairs {
            assert_eq!(a.len(), length, "rows of the same length");
            assert_eq!(b.len() * self.run, length, "a value for each run");
        }
    }
}

/// Hands the kernels to a macro.
macro_rules! rows_by_hand {
    ($into:ident) => {
        $into! {
            fn add_rows(modulus: Modulus, a: &mut [u64], b: &[u64]);
            fn sub_rows(modulus: Modulus, a: &mut [u64], b: &[u64]);
            fn neg_row(modulus: Modulus, a: &mut [u64]);
            fn add_constant_row(modulus: Modulus, a: &mut [u64], by: u64);
            fn scale_row(modulus: Modulus, a: &mut [u64], by: Multiplier);
            fn add_scaled_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier);
            fn sub_scale_rows(modulus: Modulus, a: &mut [u64], b: &[u64], by: Multiplier);
            fn mul_rows(modulus: Modulus, a: &mut [u64], b: &[u64]);
            fn inner_product(
                modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]
            );
            fn convert(
                cofactors: &Cofactors, digits: &[&[u64]], excess: &[u64], to: &mut [u64]
            );
            fn excess(fractions: &[Fraction], digits: &[&[u64]], to: &mut [u64]);
            fn permute(permutation: &Permutation, from: &[u64], to: &mut [u64]);
            fn add_permuted(
                permutation: &Permutation, modulus: Modulus, from: &[u64], to: &mut [u64]
            );
        }
    };
}

/// Methods of `Seen` that call the functions of the same names.
#[cfg(target_arch = "x86_64")]
macro_rules! methods {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        impl Seen {
            $(pub(in crate::kernel) fn $name(self, $($argument: $type),*) {
                // SAFETY: the processor was seen to have what the function needs.
                unsafe { $name($($argument),*) }
            })*
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use methods;
pub(super) use rows_by_hand;
