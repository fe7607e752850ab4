/** Switches of the simulators that no fault of the catalogue uses, and why not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {};
