//! The paths that an item mentions, and the names that it defines.

use super::modules::{Import, Mention, Module};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ForeignItem, Ident, ImplItem, Item, Lit, Meta, TraitItem, UseTree};

/// What an item adds to its module.
pub(super) enum Names {
    Item(String),
    Macro(String),
    Foreign(Vec<String>),
    None,
}

/// An identifier without `r#`.
pub(super) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The text of an expression that is a string literal.
pub(super) fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]` is among the attributes.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => list
            .parse_args::<Meta>()
            .is_ok_and(|meta| needs_test(&meta)),
        _ => false,
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            list.parse_args_with(parts)
                .is_ok_and(|parts| parts.iter().any(needs_test))
        }
        _ => false,
    }
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

pub(super) fn defined(item: &Item) -> Names {
    let ident = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::TraitAlias(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        Item::Macro(it) => {
            let name = it.ident.as_ref().map(plain);
            return name.map_or(Names::None, Names::Macro);
        }
        Item::ForeignMod(it) => return Names::Foreign(foreign(&it.items)),
        _ => return Names::None,
    };
    Names::Item(plain(ident))
}

fn foreign(items: &[ForeignItem]) -> Vec<String> {
    let name = |item: &ForeignItem| match item {
        ForeignItem::Fn(it) => Some(plain(&it.sig.ident)),
        ForeignItem::Static(it) => Some(plain(&it.ident)),
        ForeignItem::Type(it) => Some(plain(&it.ident)),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

/// Adds imports, globs and mentions of an item to its module.
pub(super) fn collect(item: &Item, module: &mut Module) {
    Collector { module }.visit_item(item);
}

struct Collector<'m> {
    module: &'m mut Module,
}

impl Collector<'_> {
    fn mention(&mut self, path: Vec<String>, line: usize) {
        self.module.mentions.push(Mention {
            path,
            line,
            is_macro: false,
        });
    }

    fn use_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |ident: &Ident| [prefix, &[plain(ident)]].concat();
        match tree {
            UseTree::Path(step) => self.use_tree(&with(&step.ident), &step.tree),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(prefix, tree);
                }
            }
            UseTree::Name(leaf) if leaf.ident == "self" => {
                let name = prefix.last().cloned().unwrap_or_default();
                self.import(name, prefix.to_vec(), &leaf.ident);
            }
            UseTree::Name(leaf) => self.import(plain(&leaf.ident), with(&leaf.ident), &leaf.ident),
            UseTree::Rename(leaf) if leaf.ident == "self" => {
                self.import(plain(&leaf.rename), prefix.to_vec(), &leaf.ident);
            }
            UseTree::Rename(leaf) => {
                self.import(plain(&leaf.rename), with(&leaf.ident), &leaf.ident);
            }
            UseTree::Glob(star) => {
                self.mention(prefix.to_vec(), star.star_token.span.start().line);
                self.module.globs.push(prefix.to_vec());
            }
        }
    }

    fn import(&mut self, name: String, path: Vec<String>, at: &Ident) {
        self.mention(path.clone(), at.span().start().line);
        self.module.imports.push(Import { name, path });
    }

    /// Paths among the tokens of a macro; a name after `.` or `$` is none.
    fn tokens(&mut self, prefix: &[String], stream: TokenStream) {
        let tokens: Vec<_> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.tokens(&[], group.stream());
                    at += 1;
                }
                TokenTree::Ident(ident) => {
                    let follows = |sign| at > 0 && is_sign(&tokens[at - 1], sign);
                    let is_part = follows('.') || (follows('$') && ident != "crate");
                    let (path, next) = path_at(prefix, &tokens, at);
                    let line = ident.span().start().line;
                    match tokens.get(next) {
                        Some(TokenTree::Group(group)) if ends_with_colons(&tokens, next) => {
                            self.tokens(&path, group.stream());
                        }
                        _ if !is_part && !is_bare(&path) => self.mention(path, line),
                        _ => {}
                    }
                    at = next;
                }
                _ => at += 1,
            }
        }
    }
}

/// The path that begins at an identifier, and the index of the token after it.
fn path_at(prefix: &[String], tokens: &[TokenTree], begin: usize) -> (Vec<String>, usize) {
    let mut path = prefix.to_vec();
    let mut at = begin;
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        path.push(plain(ident));
        at += 1;
        if !ends_with_colons(tokens, at + 2) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// As in `pub(super)` or `self.field`.
fn is_bare(path: &[String]) -> bool {
    matches!(path, [only] if matches!(only.as_str(), "crate" | "super" | "self"))
}

fn ends_with_colons(tokens: &[TokenTree], end: usize) -> bool {
    let before = |back: usize| end.checked_sub(back).and_then(|at| tokens.get(at));
    [before(1), before(2)]
        .into_iter()
        .all(|token| token.is_some_and(|token| is_sign(token, ':')))
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[_] = match item {
            ImplItem::Const(it) => &it.attrs,
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Type(it) => &it.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[_] = match item {
            TraitItem::Fn(it) => &it.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        visit::visit_path(self, path);
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            let segments = path.segments.iter();
            self.mention(segments.map(|part| plain(&part.ident)).collect(), line);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let (None, Some(first)) = (call.path.leading_colon, call.path.segments.first()) {
            let segments = call.path.segments.iter();
            self.module.mentions.push(Mention {
                path: segments.map(|part| plain(&part.ident)).collect(),
                line: first.ident.span().start().line,
                is_macro: true,
            });
        }
        self.tokens(&[], call.tokens.clone());
    }

    /// `pub(in path)` says who may see an item; it uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    /// Attributes mention paths as tokens, or in text as in `#[serde(with = "crate::hex")]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let path = attribute.path();
        if path.is_ident("doc") || path.is_ident("cfg") || path.is_ident("path") {
            return;
        }
        match &attribute.meta {
            Meta::List(list) => {
                self.texts(list.tokens.clone());
                self.tokens(&[], list.tokens.clone());
            }
            Meta::NameValue(pair) => {
                if let Some(text) = text(&pair.value) {
                    self.path_in_text(&text, path.segments[0].ident.span().start().line);
                }
            }
            Meta::Path(_) => {}
        }
    }
}

impl Collector<'_> {
    fn texts(&mut self, stream: TokenStream) {
        for token in stream {
            match token {
                TokenTree::Group(group) => self.texts(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.path_in_text(&text.value(), line);
                    }
                }
                _ => {}
            }
        }
    }

    fn path_in_text(&mut self, text: &str, line: usize) {
        if let Ok(path) = syn::parse_str::<syn::Path>(text) {
            let segments = path.segments.iter();
            self.mention(segments.map(|part| plain(&part.ident)).collect(), line);
        }
    }
}
