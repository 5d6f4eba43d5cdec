"""The watch: what is too much, too little, too slow or too quiet, and who is told of it."""
