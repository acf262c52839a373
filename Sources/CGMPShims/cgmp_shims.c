#include "cgmp_shims.h"
