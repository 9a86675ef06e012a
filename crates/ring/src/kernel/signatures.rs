//! The kernels on rows that every instruction set has: one list for all of them.

/// Hands the kernels to a macro.
macro_rules! kernels_on_rows {
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
            fn product_of_rows(modulus: Modulus, a: &[u64], b: &[u64], to: &mut [u64]);
            fn cross_products(
                modulus: Modulus, factors: CrossProducts<'_>, add: bool, to: [&mut [u64]; 2]
            );
            fn inner_product(
                modulus: Modulus, products: Products<'_>, add: bool, to: &mut [u64]
            );
            fn inner_product_packed(
                modulus: Modulus, products: PackedProducts<'_>, add: bool, to: &mut [u64]
            );
            fn inner_products_mapped(
                products: MappedProducts<'_>, add: bool, to: [&mut [u64]; 2]
            );
            fn convert(targets: &mut [Target<'_>], digits: &[&[u64]], overflow: &[u64]);
            fn overflow(fractions: &[Fraction], digits: &[&[u64]], to: &mut [u64]);
            fn unpack(packed: Bytes<'_>, to: &mut [u64]);
            fn permute(permutation: &Permutation, from: &[u64], start: usize, to: &mut [u64]);
            fn add_permuted(
                permutation: &Permutation, modulus: Modulus, from: &[u64], to: &mut [u64]
            );
        }
    };
}

/// Methods of `Token` that call the functions of the same names.
#[cfg(target_arch = "x86_64")]
macro_rules! methods {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        impl Token {
            $(pub(in crate::kernel) fn $name(self, $($argument: $type),*) {
                // SAFETY: a token proves that the processor has these features.
                unsafe { $name($($argument),*) }
            })*
        }
    };
}

pub(super) use kernels_on_rows;
#[cfg(target_arch = "x86_64")]
pub(super) use methods;
