//! The modules of a crate: what each defines, brings into scope, and mentions.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The number of a module in its [`Tree`].
pub(super) type Id = usize;

/// The root of every [`Tree`].
pub(super) const ROOT: Id = 0;

/// A crate's modules, the root first.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

/// A module: what it defines, brings into scope, and mentions.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) parent: Option<Id>,
    pub(super) file: PathBuf,
    pub(super) children: Vec<Id>,
    pub(super) items: HashSet<String>,
    pub(super) macros: HashSet<String>,
    pub(super) imports: Vec<Import>,
    pub(super) globs: Vec<Vec<String>>,
    pub(super) mentions: Vec<Mention>,
}

/// `use path as name`.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    pub(super) path: Vec<String>,
}

/// A path in a source file.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// The name of a macro, which may have been defined further up without a path to it.
    pub(super) is_macro: bool,
}

impl Import {
    /// The mention of its path.
    pub(super) fn as_mention(&self) -> Mention {
        Mention {
            path: self.path.clone(),
            line: 0,
            is_macro: false,
        }
    }
}

impl Tree {
    pub(super) fn add(&mut self, parent: Option<Id>, name: &str, file: &Path) -> Id {
        let id = self.modules.len();
        self.modules.push(Module {
            name: name.into(),
            parent,
            file: file.into(),
            ..Module::default()
        });
        if let Some(parent) = parent {
            self.modules[parent].children.push(id);
        }
        id
    }

    /// The children of `parent` with this name: several where `cfg` chooses among them.
    pub(super) fn children_called<'t>(
        &'t self,
        parent: Id,
        name: &'t str,
    ) -> impl Iterator<Item = Id> + 't {
        let children = self.modules[parent].children.iter().copied();
        children.filter(move |&child| self.modules[child].name == name)
    }

    /// The modules from the root to this one.
    pub(super) fn line(&self, module: Id) -> Vec<Id> {
        let mut line: Vec<_> =
            std::iter::successors(Some(module), |&id| self.modules[id].parent).collect();
        line.reverse();
        line
    }

    /// As in `crate::layers::conv2d`.
    pub(super) fn path(&self, module: Id) -> String {
        let names = self.line(module).into_iter();
        let names: Vec<_> = names.map(|id| self.modules[id].name.as_str()).collect();
        names.join("::")
    }
}
