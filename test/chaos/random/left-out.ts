/** Switches of the simulators that no fault of the catalogue uses, and why not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'redis/remember': 'only prepares a roll back',
  'redis/rollBackTo':
    'what was answered is forgotten: a message or an approval of that second is lost or comes twice, as said in docs/operations.md; its scenario says what people see',
};
