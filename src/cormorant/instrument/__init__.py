"""A class and its objects in memory: manager, descriptors, state, collections, history."""
