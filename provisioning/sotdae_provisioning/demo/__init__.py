"""The main job, told as a story: real processes, real protocols, recorded or computed water."""
