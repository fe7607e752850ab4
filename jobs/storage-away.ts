export { isStorageAway } from '#src/domain/storage-away.ts';
