//! A number by which many vectors are multiplied.

/// A factor and its quotient by the modulus, as a vector of lanes each.
#[derive(Clone, Copy)]
pub(super) struct Factor<V> {
    pub(super) value: V,
    pub(super) quotient: V,
}
