/** A list of names and values that turns from two columns into one on small screens. */
import type { ReactNode } from 'react';
import classes from './Facts.module.css';

export interface Fact {
  name: ReactNode;
  value: ReactNode;
  key?: string;
}

export function Facts({ facts, label }: { facts: Fact[]; label?: string }) {
  return (
    <dl className={classes.facts} aria-label={label}>
      {facts.map((fact, index) => (
        <div key={fact.key ?? index} className={classes.fact}>
          <dt className={classes.name}>{fact.name}</dt>
          <dd className={classes.value}>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
