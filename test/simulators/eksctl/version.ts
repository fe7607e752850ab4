/** The eksctl this simulator copies. */
export const VERSION = '0.230.0';
