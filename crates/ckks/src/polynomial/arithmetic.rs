//! What a planned polynomial is evaluated with.

/// What can evaluate a series: numbers in the clear, ciphertexts, counts without either.
pub trait Arithmetic {
    /// A basis polynomial's or a node's value.
    type Value;

    /// What a node's value must be like, down to the last bit: for ciphertexts its level and its
    /// scale after rescaling.
    type Target;

    /// `2 a b - c`, or `2 a b - 1` without `c`, relinearized and rescaled.
    ///
    /// The factor 2 takes no addition: it halves the scale that the product is said to have. A
    /// scale of twice the prime then stays what it is, and carries half the noise.
    fn power(&mut self, a: &Self::Value, b: &Self::Value, c: Option<&Self::Value>) -> Self::Value;

    /// What a factor must be like for its product with a basis polynomial to meet a target.
    fn factor_target(&self, power: &Self::Value, target: &Self::Target) -> Self::Target;

    /// `sum of 2 T factor + sum of c T + constant`, relinearized and rescaled, to meet a target.
    ///
    /// All is added at the scale of the target times the prime that rescaling drops.
    fn combine(
        &mut self,
        products: &[(&Self::Value, Self::Value)],
        linear: &[(f64, &Self::Value)],
        constant: f64,
        target: &Self::Target,
    ) -> Self::Value;
}

/// A number, and how many levels a ciphertext in its place had lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The number.
    pub value: f64,
    /// Levels below the input.
    pub depth: u32,
}

/// Numbers in the clear, with an account of what the same steps cost ciphertexts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clear {
    /// Products of two ciphertexts.
    pub products: usize,
    /// Relinearizations.
    pub relinearizations: usize,
    /// Rescales.
    pub rescales: usize,
}

impl Arithmetic for Clear {
    type Value = Counted;
    type Target = ();

    fn power(&mut self, a: &Counted, b: &Counted, c: Option<&Counted>) -> Counted {
        self.products += 1;
        self.relinearizations += 1;
        self.rescales += 1;
        let subtracted = c.map_or(1.0, |c| c.value);
        let depth = a.depth.max(b.depth).max(c.map_or(0, |c| c.depth));
        Counted {
            value: 2.0 * a.value * b.value - subtracted,
            depth: depth + 1,
        }
    }

    fn factor_target(&self, _: &Counted, (): &()) {}

    fn combine(
        &mut self,
        products: &[(&Counted, Counted)],
        linear: &[(f64, &Counted)],
        constant: f64,
        (): &(),
    ) -> Counted {
        self.products += products.len();
        self.relinearizations += usize::from(!products.is_empty());
        self.rescales += 1;
        let mut sum = Counted {
            value: constant,
            depth: 0,
        };
        for (power, factor) in products {
            sum.value += 2.0 * power.value * factor.value;
            sum.depth = sum.depth.max(power.depth).max(factor.depth);
        }
        for (c, power) in linear {
            sum.value += c * power.value;
            sum.depth = sum.depth.max(power.depth);
        }
        sum.depth += 1;
        sum
    }
}
