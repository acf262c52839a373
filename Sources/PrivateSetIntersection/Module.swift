// Floor file: replaced as the module grows.
