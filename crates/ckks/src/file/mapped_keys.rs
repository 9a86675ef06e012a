//! Files of evaluation keys as memory.

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

/// A file of evaluation keys, of which each can be read by itself, on all threads.
///
/// A key is mapped while it is read, and its rows go from there to where they stay: the file is
/// in memory neither as a whole nor twice.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    file: File,
    params: Params,
    entries: Vec<(Entry, Place)>,
}

impl KeyFile {
    /// Opens a file and looks for its keys, without reading them.
    ///
    /// As long as it is open nobody may change the file in place, or reading may fail in ways
    /// that the operating system ends the program for. Replacing it by another, as this library
    /// does, is no change.
    ///
    /// # Errors
    /// If it cannot be read, is no file of evaluation keys of these parameters, or is not whole.
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

    /// The parameters that they are of.
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

    /// Reads the keys for the sparse secret, if there are such.
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
            // What is mapped beyond the end of a file that was cut ends the program.
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

/// Where the keys of a file are: their entries are read and verified, and nothing else.
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
