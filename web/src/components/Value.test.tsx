// @vitest-environment jsdom
/** Values that are structures: each is named after what it is the value of. */
import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderInPortal } from '@/test/renderInPortal';
import { Value } from './Value';

test('two structures of one page are told apart by their names', async () => {
  renderInPortal(
    <>
      <Value value={{ a: 1 }} of="Labels" />
      <Value value={[{ b: 2 }]} of="Ports" />
      <Value value={{ c: 3 }} />
    </>,
  );
  const regions = await screen.findAllByRole('region');
  expect(regions.map((region) => region.getAttribute('aria-label'))).toEqual(['Labels, contents', 'Ports, contents', 'Object, contents']);
});
