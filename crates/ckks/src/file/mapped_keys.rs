//! Files of evaluation keys mapped into memory.

use super::chunk::{Mapped, Place, Source, Stream};
use super::entry::{Entry, Order, Role};
use super::keys::ServerKeys;
use super::map::map;
use super::stored::open;
use crate::bootstrap::EncapsulationKeys;
use crate::file_kind::Kind;
use crate::keys::SwitchingKey;
use crate::{Error, EvaluationKeys, Galois, Params, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A file of evaluation keys. Each key can be read by itself, on all threads.
///
/// A key is mapped while its rows are copied to their final place: the file is in memory neither as
/// a whole nor twice.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    file: File,
    params: Params,
    entries: Vec<(Entry, Place)>,
}

impl KeyFile {
    /// Opens a file and finds its keys, without reading them.
    ///
    /// While it is open, no program may change or shorten the file in place: the operating system
    /// may end this program when it reads the changed part. Replacing the file by another, as this
    /// library does, is safe.
    ///
    /// # Errors
    /// If it cannot be read, is not a file of evaluation keys of these parameters, or is
    /// incomplete.
    pub fn open(path: impl AsRef<Path>, params: &Params) -> Result<Self> {
        let path = path.as_ref();
        let file = open(path)?;
        let entries = index(&file, params).map_err(Error::in_file(path))?;
        Ok(KeyFile {
            path: path.to_owned(),
            file,
            params: params.clone(),
            entries,
        })
    }

    /// The parameters of the keys.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The level of the key for products, if there is one.
    pub fn relinearization_level(&self) -> Option<usize> {
        self.level(Role::Relinearization)
    }

    /// The level of the key for a rotation or the conjugation, if there is one.
    pub fn galois_level(&self, galois: Galois) -> Option<usize> {
        self.level(Role::Galois(galois.exponent(self.params.degree())))
    }

    /// Reads the key for products and adds it to others.
    ///
    /// # Errors
    /// If there is none, the others are of other parameters, or the file is damaged there.
    pub fn add_relinearization(&self, keys: &mut EvaluationKeys) -> Result<()> {
        self.add(Role::Relinearization, keys, || {
            String::from("relinearization")
        })
    }

    /// Reads the key for a rotation or the conjugation and adds it to others.
    ///
    /// # Errors
    /// If there is none, the others are of other parameters, or the file is damaged there.
    pub fn add_galois(&self, keys: &mut EvaluationKeys, galois: Galois) -> Result<()> {
        let role = Role::Galois(galois.exponent(self.params.degree()));
        self.add(role, keys, || galois.to_string())
    }

    /// Reads the keys of the sparse secret, if the file has them.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub fn encapsulation(&self) -> Result<Option<EncapsulationKeys>> {
        let read = |role| self.find(role).map(|found| self.read(found)).transpose();
        let keys = read(Role::ToSparse)?.zip(read(Role::ToDense)?);
        Ok(keys.map(|(to_sparse, to_dense)| EncapsulationKeys {
            params: self.params.clone(),
            to_sparse,
            to_dense,
        }))
    }

    /// Reads all keys.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn read_all(&self) -> Result<ServerKeys> {
        let (mut keys, mut waiting) = (ServerKeys::none(&self.params), None);
        for found in &self.entries {
            keys.put(found.0.role, self.read(found)?, &mut waiting)?;
        }
        Ok(keys)
    }

    fn add(&self, role: Role, keys: &mut EvaluationKeys, name: impl Fn() -> String) -> Result<()> {
        if *keys.params() != self.params {
            return Err(Error::Mismatch {
                what: "the file of keys",
                other: "the evaluation keys",
            });
        }
        let found = self.find(role).ok_or_else(|| Error::MissingKey(name()))?;
        let key = self.read(found)?;
        let mut read = ServerKeys {
            evaluation: std::mem::replace(keys, EvaluationKeys::none(&self.params)),
            encapsulation: None,
        };
        let put = read.put(role, key, &mut None);
        *keys = read.evaluation;
        put
    }

    fn read(&self, (entry, place): &(Entry, Place)) -> Result<SwitchingKey> {
        let read = || {
            let truncated = Error::Truncated { after: place.at };
            let length = entry.length(&self.params);
            // Reading a map beyond the end of the file would end the program.
            let whole = self.file.metadata().map_err(Error::io("read"))?.len();
            if whole < place.at + length {
                return Err(truncated);
            }
            let length = usize::try_from(length).map_err(|_| truncated)?;
            let map = map(&self.file, place.at, length)?;
            entry.read(&mut Mapped::new(&map, *place), &self.params)
        };
        read().map_err(Error::in_file(&self.path))
    }

    fn find(&self, role: Role) -> Option<&(Entry, Place)> {
        self.entries.iter().find(|(entry, _)| entry.role == role)
    }

    fn level(&self, role: Role) -> Option<usize> {
        self.find(role).map(|(entry, _)| entry.limbs.chain - 1)
    }
}

/// The places of the keys in a file: only their entries are read and verified.
fn index(file: &File, params: &Params) -> Result<Vec<(Entry, Place)>> {
    let begin = Stream::begin(file, Kind::EvaluationKeys, params)?.place();
    let length = file.metadata().map_err(Error::io("read"))?.len();
    let rest = usize::try_from(length.saturating_sub(begin.at));
    let rest = rest.map_err(|_| Error::Truncated { after: begin.at })?;
    if rest == 0 {
        return Err(Error::Truncated { after: begin.at });
    }
    let map = map(file, begin.at, rest)?;
    let mut source = Mapped::new(&map, begin);
    let mut entries = Vec::new();
    let mut order = Order::new(params);
    while let Some(entry) = order.next(&mut source)? {
        entries.push((entry, source.place()));
        source.skip(entry.length(params))?;
    }
    if source.is_at_end() {
        return Ok(entries);
    }
    Err(Error::Trailing { at: source.at() })
}
