//! How many outputs every node can have: the least numbers that agree with each other.
//!
//! Functions and closures may call each other in circles, so all start with exactly one output, and what is found to have more
//! is raised until nothing changes. An expression that never ends gives whatever number it is said to give.

use crate::expr::{Card, Code, Control, Destructure, Expr, Kind, Piece, Shape};

/// Rounds after which everything that calls is taken to have many outputs. Each round is a walk through the program.
const ROUNDS: usize = 12;

struct Cards {
    /// Of every function: its body, and its parameters over all calls.
    bodies: Vec<Card>,
    params: Vec<Vec<Card>>,
    /// Of every function and parameter: whether it is a value, so that the body runs once for each of its outputs.
    values: Vec<Vec<bool>>,
    raised: bool,
}

pub(super) fn assign(code: &mut Code) {
    let mut cards = Cards {
        bodies: vec![Card::One; code.functions.len()],
        params: (code.functions.iter())
            .map(|function| vec![Card::One; function.values.len()])
            .collect(),
        values: code
            .functions
            .iter()
            .map(|function| function.values.clone())
            .collect(),
        raised: true,
    };
    let mut rounds = 0;
    while std::mem::take(&mut cards.raised) {
        rounds += 1;
        if rounds > ROUNDS {
            cards.give_up();
        }
        for (id, function) in code.functions.iter_mut().enumerate() {
            let card = cards.of(&mut function.body);
            cards.raise_body(id, card);
        }
        cards.of(&mut code.main);
    }
}

impl Cards {
    fn give_up(&mut self) {
        self.bodies.fill(Card::Many);
        self.params
            .iter_mut()
            .for_each(|cards| cards.fill(Card::Many));
    }

    fn raise_body(&mut self, id: usize, card: Card) {
        if card > self.bodies[id] {
            self.bodies[id] = card;
            self.raised = true;
        }
    }

    fn raise_param(&mut self, function: usize, index: usize, card: Card) {
        if card > self.params[function][index] {
            self.params[function][index] = card;
            self.raised = true;
        }
    }

    fn of(&mut self, expr: &mut Expr) -> Card {
        expr.card = self.kind(&mut expr.kind);
        expr.card
    }

    fn most<'e>(&mut self, exprs: impl IntoIterator<Item = &'e mut Expr>) -> Card {
        exprs
            .into_iter()
            .fold(Card::One, |most, expr| most.max(self.of(expr)))
    }

    fn kind(&mut self, kind: &mut Kind) -> Card {
        match kind {
            Kind::Identity | Kind::Const(_) | Kind::Var(_) => Card::One,
            Kind::Field { of, optional, .. } => self.of(of).max(if_optional(*optional)),
            Kind::Index { of, key, optional } => {
                self.of(of).max(self.of(key)).max(if_optional(*optional))
            }
            Kind::Slice {
                of,
                from,
                to,
                optional,
            } => self.most([&mut **of, from, to]).max(if_optional(*optional)),
            Kind::Each { of, .. } => {
                self.of(of);
                Card::Many
            }
            Kind::Pipe(a, b) | Kind::Binary(_, a, b) | Kind::And(a, b) | Kind::Or(a, b) => {
                self.of(a).max(self.of(b))
            }
            Kind::Comma(items) => {
                self.most(items);
                Card::Many
            }
            Kind::Empty | Kind::Break(_) => Card::Optional,
            Kind::Negate(of) => self.of(of),
            Kind::Alternative(a, b) => match (self.of(a), self.of(b)) {
                (Card::Many, _) => Card::Many,
                (_, second) => second,
            },
            Kind::If(branches) => self.most([
                &mut branches.condition,
                &mut branches.then,
                &mut branches.otherwise,
            ]),
            Kind::Collect(of) => {
                self.of(of);
                Card::One
            }
            Kind::Object(entries) => self.most(entries.iter_mut().flat_map(|(k, v)| [k, v])),
            Kind::Text { parts, .. } => self.most(parts.iter_mut().filter_map(|part| match part {
                Piece::Literal(_) => None,
                Piece::Query(query) => Some(query),
            })),
            Kind::Try { body, handler } => {
                let body = self.of(body);
                body.max(handler.as_mut().map_or(Card::Optional, |h| self.of(h)))
            }
            Kind::Fold(fold) => {
                self.destructure(&mut fold.pattern);
                self.most([&mut fold.source, &mut fold.update]);
                let init = self.of(&mut fold.init);
                match &mut fold.extract {
                    None => init,
                    Some(extract) => {
                        self.of(extract);
                        Card::Many
                    }
                }
            }
            Kind::Bind(bind) => {
                let pattern = self.destructure(&mut bind.pattern);
                pattern.max(self.most([&mut bind.source, &mut bind.body]))
            }
            Kind::Label(body) => self.of(body).max(Card::Optional),
            Kind::Set { path, value } | Kind::Operate { path, value, .. } => {
                self.of(path);
                self.of(value)
            }
            Kind::Update { path, update } => {
                self.most([&mut **path, update]);
                Card::One
            }
            Kind::Call { function, args, .. } => {
                let function = *function;
                let mut most = self.bodies[function];
                for (index, arg) in args.iter_mut().enumerate() {
                    let card = self.of(arg);
                    self.raise_param(function, index, card);
                    if self.values[function][index] {
                        most = most.max(card);
                    }
                }
                most
            }
            Kind::Param {
                function, index, ..
            } => self.params[*function][*index],
            Kind::Native { args, .. } => self.most(args),
            Kind::Control(control, args) => {
                let cards: Vec<Card> = args.iter_mut().map(|arg| self.of(arg)).collect();
                control_card(*control, &cards)
            }
        }
    }

    fn destructure(&mut self, pattern: &mut Destructure) -> Card {
        match pattern {
            Destructure::Var => Card::One,
            Destructure::Patterns { alternatives, .. } => {
                let keys = (alternatives.iter_mut())
                    .fold(Card::One, |most, shape| most.max(self.shape(shape)));
                // One alternative may have outputs before it fails and the next has some more.
                if alternatives.len() > 1 {
                    Card::Many
                } else {
                    keys
                }
            }
        }
    }

    fn shape(&mut self, shape: &mut Shape) -> Card {
        match shape {
            Shape::Slot(_) => Card::One,
            Shape::Array(items) => {
                (items.iter_mut()).fold(Card::One, |most, item| most.max(self.shape(item)))
            }
            Shape::Object(entries) => entries.iter_mut().fold(Card::One, |most, entry| {
                let nested = entry.shape.as_mut().map_or(Card::One, |s| self.shape(s));
                most.max(self.of(&mut entry.key)).max(nested)
            }),
        }
    }
}

fn if_optional(optional: bool) -> Card {
    if optional { Card::Optional } else { Card::One }
}

fn control_card(control: Control, args: &[Card]) -> Card {
    let most = args.iter().copied().max().unwrap_or(Card::One);
    match control {
        Control::Path | Control::Walk | Control::GetPath => most,
        Control::Delete
        | Control::Pick
        | Control::IsEmpty
        | Control::Any
        | Control::All
        | Control::Add
        | Control::SortBy
        | Control::GroupBy
        | Control::UniqueBy
        | Control::MinBy
        | Control::MaxBy
        | Control::IndexBy
        | Control::In => Card::One,
        Control::First | Control::Last => match most {
            Card::One => Card::One,
            _ => Card::Optional,
        },
        // How many there are is known only if the number is one number.
        Control::Nth => args[0].max(Card::Optional),
        Control::Until | Control::Sub => most,
        Control::Paths
        | Control::Range
        | Control::RangeBy
        | Control::Limit
        | Control::Skip
        | Control::Recurse
        | Control::While
        | Control::Repeat
        | Control::ToStream => Card::Many,
    }
}
