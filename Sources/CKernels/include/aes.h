#ifndef YINHE_AES_H
#define YINHE_AES_H

#include <stddef.h>
#include <stdint.h>

#endif
