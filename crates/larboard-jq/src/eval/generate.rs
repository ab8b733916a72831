//! Going through the items of a container.

use crate::error::Stop;
use crate::eval::{Flow, Machine, access};
use crate::value::Val;

impl<'p> Machine<'p> {
    /// Calls `item` with every item of an array and every value of an object.
    pub(crate) fn for_each(
        &mut self,
        container: &Val,
        mut item: impl FnMut(&mut Machine<'p>, Val) -> Flow,
    ) -> Flow {
        match container {
            Val::Arr(array) => {
                for value in array.items() {
                    self.meter.work(1)?;
                    item(self, value.clone())?;
                }
                Ok(())
            }
            Val::Obj(object) => {
                for (_, value) in object.entries() {
                    self.meter.work(1)?;
                    item(self, value.clone())?;
                }
                Ok(())
            }
            other => Err(access::cannot_iterate(other)),
        }
    }

    /// The same with the keys: indices of an array, names of an object.
    pub(crate) fn for_each_entry(
        &mut self,
        container: &Val,
        mut item: impl FnMut(&mut Machine<'p>, Val, Val) -> Flow,
    ) -> Flow {
        match container {
            Val::Arr(array) => {
                for (place, value) in array.items().iter().enumerate() {
                    self.meter.work(1)?;
                    item(self, Val::from(place), value.clone())?;
                }
                Ok(())
            }
            Val::Obj(object) => {
                for (key, value) in object.entries() {
                    self.meter.work(1)?;
                    item(self, Val::Str(key.clone()), value.clone())?;
                }
                Ok(())
            }
            other => Err(access::cannot_iterate(other)),
        }
    }
}

/// Lets an early end through as the regular end if it was asked for.
pub(crate) fn unless_enough(flow: Flow, enough: bool) -> Flow {
    match flow {
        Err(Stop::Enough) if enough => Ok(()),
        other => other,
    }
}
