//! Which names mean what at a place of the program.

/// The names in scope, the innermost last.
pub(super) struct Scope {
    entries: Vec<Entry>,
    /// How many of the entries are bindings of the running program: variables, closures and labels.
    bindings: u32,
}

enum Entry {
    Var(String),
    Label(String),
    Closure {
        name: String,
        function: usize,
        index: usize,
    },
    /// A definition, which is no binding: it is known when the program is compiled.
    Function {
        name: String,
        arity: usize,
        id: usize,
    },
}

impl Entry {
    fn is_binding(&self) -> bool {
        !matches!(self, Entry::Function { .. })
    }
}

impl Scope {
    pub(super) fn new(vars: &[String]) -> Scope {
        let mut scope = Scope {
            entries: Vec::new(),
            bindings: 0,
        };
        for var in vars {
            scope.enter_var(var);
        }
        scope
    }

    fn enter(&mut self, entry: Entry) {
        self.bindings += u32::from(entry.is_binding());
        self.entries.push(entry);
    }

    pub(super) fn enter_var(&mut self, name: &str) {
        self.enter(Entry::Var(name.to_owned()));
    }

    pub(super) fn enter_label(&mut self, name: &str) {
        self.enter(Entry::Label(name.to_owned()));
    }

    pub(super) fn enter_closure(&mut self, name: &str, function: usize, index: usize) {
        let name = name.to_owned();
        self.enter(Entry::Closure {
            name,
            function,
            index,
        });
    }

    pub(super) fn enter_function(&mut self, name: &str, arity: usize, id: usize) {
        let name = name.to_owned();
        self.enter(Entry::Function { name, arity, id });
    }

    pub(super) fn leave(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(entry) = self.entries.pop() {
                self.bindings -= u32::from(entry.is_binding());
            }
        }
    }

    /// Bindings between here and the one that matches, and what matched.
    fn find<'s, T>(&'s self, matches: impl Fn(&'s Entry) -> Option<T>) -> Option<(u32, T)> {
        let mut hops = 0;
        for entry in self.entries.iter().rev() {
            if let Some(found) = matches(entry) {
                return Some((hops, found));
            }
            hops += u32::from(entry.is_binding());
        }
        None
    }

    pub(super) fn find_var(&self, wanted: &str) -> Option<u32> {
        let found = self.find(|entry| match entry {
            Entry::Var(name) if name == wanted => Some(()),
            _ => None,
        });
        found.map(|(hops, ())| hops)
    }

    pub(super) fn find_label(&self, wanted: &str) -> Option<u32> {
        let found = self.find(|entry| match entry {
            Entry::Label(name) if name == wanted => Some(()),
            _ => None,
        });
        found.map(|(hops, ())| hops)
    }

    /// A closure, unless a definition of that name stands between.
    pub(super) fn find_closure(&self, wanted: &str) -> Option<(u32, usize, usize)> {
        let (hops, found) = self.find(|entry| match entry {
            Entry::Closure {
                name,
                function,
                index,
            } if name == wanted => Some(Some((*function, *index))),
            Entry::Function { name, arity: 0, .. } if name == wanted => Some(None),
            _ => None,
        })?;
        found.map(|(function, index)| (hops, function, index))
    }

    /// A definition, and the bindings between.
    pub(super) fn find_function(&self, wanted: &str, args: usize) -> Option<(usize, u32)> {
        let found = self.find(|entry| match entry {
            Entry::Function { name, arity, id } if name == wanted && *arity == args => Some(*id),
            _ => None,
        });
        found.map(|(hops, id)| (id, hops))
    }

    /// Puts an empty scope in place of this one, for a definition that sees nothing of the program.
    pub(super) fn set_aside(&mut self) -> Scope {
        std::mem::replace(self, Scope::new(&[]))
    }
}
