//! The modules of a crate, read from its sources: what each file defines, what it re-exports, and which paths it names.
//!
//! Macro expansion is not done. A macro call's tokens are searched for paths instead. Code for tests (`#[cfg(test)]`) is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Item, ItemUse, Macro, UseTree,
    visit::{self, Visit},
};

pub type FileId = usize;
type ModuleId = usize;

/// A type that a crate defines.
pub struct TypeName {
    pub name: String,
    pub file: FileId,
    pub line: usize,
}

#[derive(Default)]
struct Module {
    file: FileId,
    parent: Option<ModuleId>,
    children: BTreeMap<String, ModuleId>,
    /// Functions, types, constants, macros…
    items: BTreeSet<String>,
    /// `use a::b as name`: name → a, b.
    aliases: BTreeMap<String, Vec<String>>,
    /// `use a::b::*`.
    globs: Vec<Vec<String>>,
    /// Every path that the module's code names, imports included.
    paths: BTreeSet<Vec<String>>,
}

pub struct Crate {
    pub files: Vec<PathBuf>,
    pub types: Vec<TypeName>,
    modules: Vec<Module>,
}

/// An import, or another use of a path: `from` names `path`, which `to` defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: FileId,
    pub to: FileId,
    pub path: String,
}

/// The target of a path.
enum Target {
    Module(ModuleId),
    Item(ModuleId),
}

impl Crate {
    /// Reads the crate whose root file is `root` (`lib.rs`).
    pub fn read(root: &Path) -> Self {
        let mut krate = Self { files: Vec::new(), types: Vec::new(), modules: Vec::new() };
        let folder = root.parent().expect("a folder").to_path_buf();
        krate.read_file(root, &folder, None);
        krate
    }

    /// All edges between different files.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = BTreeSet::new();
        for (at, module) in self.modules.iter().enumerate() {
            for path in &module.paths {
                // A path that names only a module uses none of its items.
                if let Some(Target::Item(owner)) = self.resolve(at, path, 0) {
                    let to = self.modules[owner].file;
                    if to != module.file {
                        edges.insert(Edge { from: module.file, to, path: path.join("::") });
                    }
                }
            }
        }
        edges
    }

    fn read_file(&mut self, path: &Path, children: &Path, parent: Option<ModuleId>) -> ModuleId {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = self.files.len();
        self.files.push(path.to_owned());
        self.read_module(file, parent, &parsed.items, path.parent().expect("a folder"), children)
    }

    /// `folder`: the file's folder. `children`: the folder of its child modules.
    fn read_module(&mut self, file: FileId, parent: Option<ModuleId>, items: &[Item], folder: &Path, children: &Path) -> ModuleId {
        let id = self.modules.len();
        self.modules.push(Module { file, parent, ..Module::default() });
        for item in items {
            let (attributes, name) = describe(item);
            if is_for_tests(attributes) {
                continue;
            }
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                let below = children.join(&name);
                let child = match &module.content {
                    Some((_, items)) => self.read_module(file, Some(id), items, folder, &below),
                    None => match path_attribute(attributes) {
                        Some(path) => self.read_file(&folder.join(path), &below, Some(id)),
                        None => {
                            let flat = children.join(format!("{name}.rs"));
                            let path = if flat.exists() { flat } else { below.join("mod.rs") };
                            self.read_file(&path, &below, Some(id))
                        }
                    },
                };
                self.modules[id].children.insert(name, child);
                continue;
            }
            if let Some(name) = name {
                if matches!(item, Item::Struct(_) | Item::Enum(_) | Item::Trait(_) | Item::Type(_) | Item::Union(_)) {
                    let line = name.span().start().line;
                    self.types.push(TypeName { name: name.to_string(), file, line });
                }
                self.modules[id].items.insert(name.to_string());
            }
            if let Item::Use(import) = item {
                self.import(id, import);
            }
            Paths { module: &mut self.modules[id] }.visit_item(item);
        }
        id
    }

    fn import(&mut self, id: ModuleId, import: &ItemUse) {
        for (path, alias) in leaves(&import.tree) {
            let module = &mut self.modules[id];
            match alias {
                Some(alias) => drop(module.aliases.insert(alias, path)),
                None => module.globs.push(path),
            }
        }
    }

    /// `depth` bounds a re-export that leads to itself.
    fn resolve(&self, from: ModuleId, path: &[String], depth: usize) -> Option<Target> {
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(0, rest, depth),
            "self" => self.walk(from, rest, depth),
            "super" => self.walk(self.modules[from].parent?, rest, depth),
            _ => self.walk(from, path, depth),
        }
    }

    fn walk(&self, at: ModuleId, path: &[String], depth: usize) -> Option<Target> {
        let module = &self.modules[at];
        let Some((name, rest)) = path.split_first() else { return Some(Target::Module(at)) };
        if name == "super" {
            return self.walk(module.parent?, rest, depth);
        }
        if let Some(child) = module.children.get(name) {
            return self.walk(*child, rest, depth);
        }
        if module.items.contains(name) {
            return Some(Target::Item(at));
        }
        // An import of a name by the same name, such as `use serde;`, would lead to itself.
        if let Some(path) = module.aliases.get(name).filter(|path| path.as_slice() != [name.clone()]) {
            return self.follow(at, path, rest, depth);
        }
        module.globs.iter().find_map(|glob| match self.resolve(at, glob, depth + 1)? {
            Target::Module(target) if target != at => {
                let mut path = vec!["self".to_owned()];
                path.extend(std::iter::once(name).chain(rest).cloned());
                self.resolve(target, &path, depth + 1)
            }
            _ => None,
        })
    }

    fn follow(&self, at: ModuleId, path: &[String], rest: &[String], depth: usize) -> Option<Target> {
        match self.resolve(at, path, depth + 1)? {
            Target::Module(module) => self.walk(module, rest, depth + 1),
            item @ Target::Item(_) => Some(item),
        }
    }
}

/// The attributes of an item and the name that it defines.
fn describe(item: &Item) -> (&[Attribute], Option<&proc_macro2::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Mod(item) => (&item.attrs, None),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let condition = attribute.meta.to_token_stream().to_string();
        let words: Vec<&str> = condition.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        words.contains(&"test") && !words.contains(&"not")
    })
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// The single imports of a `use`: the path, and the imported name; none for `*`.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, Option<String>)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            leaves(&path.tree)
                .into_iter()
                .map(|(rest, alias)| {
                    let path: Vec<String> = std::iter::once(first.clone()).chain(rest).collect();
                    // `a::b::{self}` imports `b`.
                    let alias = alias.map(|alias| if alias == "self" { first.clone() } else { alias });
                    (path, alias)
                })
                .map(|(mut path, alias)| {
                    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                        path.pop();
                    }
                    (path, alias)
                })
                .collect()
        }
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], Some(name.ident.to_string()))],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], Some(name.rename.to_string()))],
        UseTree::Glob(_) => vec![(Vec::new(), None)],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// Collects the paths of a module's code.
struct Paths<'a> {
    module: &'a mut Module,
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(describe(item).0) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.module.paths.extend(leaves(&import.tree).into_iter().filter(|(_, alias)| alias.is_some()).map(|(path, _)| path));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.module.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        tokens(call.tokens.clone(), &mut self.module.paths);
    }
}

/// Paths of at least two segments among tokens.
fn tokens(stream: TokenStream, found: &mut BTreeSet<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    let mut keep = |path: &mut Vec<String>| {
        if path.len() > 1 {
            found.insert(std::mem::take(path));
        }
        path.clear();
    };
    let mut groups = Vec::new();
    for token in stream {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    keep(&mut path);
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                keep(&mut path);
                colons = 0;
                groups.push(group.stream());
            }
            _ => {
                keep(&mut path);
                colons = 0;
            }
        }
    }
    keep(&mut path);
    for group in groups {
        tokens(group, found);
    }
}
