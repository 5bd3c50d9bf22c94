// A flow as large as anybody draws: calls with their cases, branches and messages, wired through.

const columns = 28;

/** The whole document, as the API takes it. */
export function largeFlow(slug: string, count: number) {
  const id = (index: number) => `n${index}`;
  const to = (index: number) => (index < count ? id(index) : '');
  const nodes: Record<string, unknown> = {};
  for (let index = 0; index < count; index++) {
    const name = `Step ${index + 1}`;
    const sort = index % 4;
    if (index === count - 1) nodes[id(index)] = { type: 'end', name: 'The end' };
    else if (sort === 0) {
      nodes[id(index)] = {
        type: 'apiCall',
        name,
        mode: 'http',
        url: `https://api.example/orders/${index}`,
        cases: [
          { on: '2xx', to: to(index + 1) },
          { on: 404, to: to(index + 2) },
          { on: 'other', to: to(index + 3) },
        ],
      };
    } else if (sort === 1) nodes[id(index)] = { type: 'branch', name, cases: [{ when: 'vars.httpStatus == 200', to: to(index + 1) }], ...(to(index + 4) ? { next: to(index + 4) } : {}) };
    else nodes[id(index)] = { type: 'message', name, text: `Message ${index}`, ...(to(index + 1) ? { next: to(index + 1) } : {}) };
  }
  // In rows, so that all of it can be in sight at once.
  const layout = Object.fromEntries(Object.keys(nodes).map((each, index) => [each, { x: (index % columns) * 330, y: Math.floor(index / columns) * 260 }]));
  return { kind: 'flow', slug, name: 'Large', trigger: { type: 'api' }, start: id(0), nodes, layout };
}
