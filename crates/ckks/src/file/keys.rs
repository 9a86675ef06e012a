//! Files of evaluation keys, written and read one key at a time.
//!
//! # Format
//! For each key an entry of 48 bytes: its role (1 for products, 5 for an automorphism, 3 to the
//! sparse secret, 4 back from it), the number of primes of the chain, of special primes and of
//! digits, the exponent of the automorphism (4 bytes), eight zeros, and the seed of the uniform
//! halves. Then the rows of the other half of each digit. Entries are in the order of products,
//! automorphisms by their exponents, to and from the sparse secret; none occurs twice. The last
//! entry is 0, with the number of entries before it in place of the exponent.

use super::chunk::{ChunkWriter, Source};
use super::entry::{Entry, Order, Role};
use super::poly::write_packed;
use super::saving::Saving;
use super::stored::{Chunks, Stored};
use crate::bootstrap::EncapsulationKeys;
use crate::file_kind::Kind;
use crate::key_list::{KeyList, KeyRequest};
use crate::keys::{EvaluationKey, GaloisKey, SwitchingKey};
use crate::{Error, EvaluationKeys, Params, Result, SecretKey};
use nearfield_ring::{Automorphism, PackedRow};
use std::io::Write;
use std::path::Path;

/// All keys that a server needs, in one file.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerKeys {
    /// The keys for products, rotations and the conjugation.
    pub evaluation: EvaluationKeys,
    /// The keys of the sparse secret, for bootstrapping.
    pub encapsulation: Option<EncapsulationKeys>,
}

/// Writes keys one at a time, so that one of them is in memory.
#[derive(Debug)]
pub struct KeyWriter<W: Write> {
    chunks: ChunkWriter<W>,
    order: Order,
}

impl KeyWriter<Saving> {
    /// Begins a file, which gets its name when it is [committed](KeyWriter::commit).
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(path: impl AsRef<Path>, params: &Params) -> Result<Self> {
        Self::begin(Saving::create(path.as_ref())?, params)
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn commit(self) -> Result<()> {
        self.finish()?.commit()
    }
}

impl<W: Write> KeyWriter<W> {
    /// Begins to write keys of some parameters.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn begin(to: W, params: &Params) -> Result<Self> {
        Ok(KeyWriter {
            chunks: ChunkWriter::begin(to, Kind::EvaluationKeys, params)?,
            order: Order::new(params),
        })
    }

    /// Generates the keys of a list, and writes each before it generates the next. A file takes one
    /// list: see [`KeyList::add_galois`].
    ///
    /// # Errors
    /// If the writer refuses, the operating system gives no randomness, a level is too high, the
    /// secret key is of other parameters, or keys that come after these were written before.
    pub fn add(&mut self, secret: &SecretKey, list: &KeyList) -> Result<()> {
        for request in list.requests() {
            let key = EvaluationKey::generate(request, &self.order.params, secret)?;
            self.write_evaluation(&key)?;
        }
        Ok(())
    }

    /// Writes the keys of the sparse secret, which come last.
    ///
    /// # Errors
    /// If the writer refuses, they were written before, or they are of other parameters.
    pub fn add_encapsulation(&mut self, keys: &EncapsulationKeys) -> Result<()> {
        self.write(Role::ToSparse, &keys.to_sparse)?;
        self.write(Role::ToDense, &keys.to_dense)
    }

    /// Writes the last entry.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn finish(mut self) -> Result<W> {
        self.chunks.chunk(&self.order.end())?;
        self.chunks.finish()
    }

    fn write_evaluation(&mut self, key: &EvaluationKey) -> Result<()> {
        match key {
            EvaluationKey::Relinearization(key) => self.write(Role::Relinearization, key),
            EvaluationKey::Galois(key) => {
                self.write(Role::Galois(key.automorphism.exponent()), &key.switching)
            }
        }
    }

    fn write(&mut self, role: Role, key: &SwitchingKey) -> Result<()> {
        write_key(&mut self.chunks, &mut self.order, role, key)
    }
}

impl KeyList {
    /// Bytes that the keys of the list and those of the sparse secret will take, in memory and in a
    /// file.
    pub fn bytes(&self) -> (u64, u64) {
        let params = self.params();
        let sparse = [
            (Role::ToSparse, EncapsulationKeys::sparse_limbs_of(params)),
            (Role::ToDense, params.ring().limbs()),
        ];
        let usual = self.requests().map(|request| match request {
            KeyRequest::Relinearization { level } => {
                (Role::Relinearization, params.gadget().raised(level + 1))
            }
            KeyRequest::Galois { exponent, level } => {
                (Role::Galois(exponent), params.gadget().raised(level + 1))
            }
        });
        let (mut memory, mut file) = (0, 0);
        for (role, limbs) in usual.chain(sparse) {
            let entry = Entry::new(params, role, limbs, [0; 32]);
            let row = |modulus| PackedRow::size(modulus, params.degree());
            let poly: usize = params.ring().moduli(limbs).map(row).sum();
            memory += (2 * entry.digits * poly) as u64;
            file += entry.length(params);
        }
        (memory, file)
    }
}

fn write_key<W: Write>(
    to: &mut ChunkWriter<W>,
    order: &mut Order,
    role: Role,
    key: &SwitchingKey,
) -> Result<()> {
    let params = order.params.clone();
    let limbs = key.digits[0][0].limbs();
    let entry = Entry::new(&params, role, limbs, key.seed);
    if entry.digits != key.digits.len() || !role.fits(&params, limbs) {
        return Err(Error::Mismatch {
            what: "a key",
            other: "its file",
        });
    }
    order.take(role).map_err(Error::KeyOrder)?;
    to.chunk(&entry.to_bytes())?;
    let mut masked = key.digits.iter().map(|[masked, _]| masked);
    masked.try_for_each(|poly| write_packed(to, &params, poly))
}

impl ServerKeys {
    /// No keys.
    pub fn none(params: &Params) -> Self {
        ServerKeys {
            evaluation: EvaluationKeys::none(params),
            encapsulation: None,
        }
    }

    /// Adds a key for a role. The key to the sparse secret is in `waiting` until the one back from
    /// it comes.
    pub(super) fn put(
        &mut self,
        role: Role,
        key: SwitchingKey,
        waiting: &mut Option<SwitchingKey>,
    ) -> Result<()> {
        match role {
            Role::Relinearization => {
                self.evaluation.insert(EvaluationKey::Relinearization(key));
            }
            Role::Galois(exponent) => {
                let degree = self.evaluation.params().degree();
                self.evaluation.insert(EvaluationKey::Galois(GaloisKey {
                    automorphism: Automorphism::new(exponent, degree)?,
                    switching: key,
                }));
            }
            Role::ToSparse => *waiting = Some(key),
            Role::ToDense => {
                let params = self.evaluation.params().clone();
                self.encapsulation = waiting.take().map(|to_sparse| EncapsulationKeys {
                    params,
                    to_sparse,
                    to_dense: key,
                });
            }
        }
        Ok(())
    }
}

impl Stored for ServerKeys {}

impl Chunks for ServerKeys {
    const KIND: Kind = Kind::EvaluationKeys;

    fn its_params(&self) -> &Params {
        self.evaluation.params()
    }

    fn write_chunks<W: Write>(&self, to: &mut ChunkWriter<W>) -> Result<()> {
        let mut order = Order::new(self.its_params());
        if let Some(key) = &self.evaluation.relinearization {
            write_key(to, &mut order, Role::Relinearization, key)?;
        }
        for (&exponent, key) in &self.evaluation.galois {
            write_key(to, &mut order, Role::Galois(exponent), &key.switching)?;
        }
        if let Some(keys) = &self.encapsulation {
            write_key(to, &mut order, Role::ToSparse, &keys.to_sparse)?;
            write_key(to, &mut order, Role::ToDense, &keys.to_dense)?;
        }
        to.chunk(&order.end())
    }

    fn read_chunks(from: &mut impl Source, params: &Params) -> Result<Self> {
        let mut keys = ServerKeys::none(params);
        let (mut order, mut waiting) = (Order::new(params), None);
        while let Some(entry) = order.next(from)? {
            let key = entry.read(from, params)?;
            keys.put(entry.role, key, &mut waiting)?;
        }
        Ok(keys)
    }
}
