/* sources b994c6d97fe8583ba7fc74ea9788a6f5 */
