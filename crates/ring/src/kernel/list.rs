//! The kernels on rows that every vector set has, said once.

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
                modulus: Modulus, products: &[(&[u64], &[u64])], add: bool, to: &mut [u64]
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
